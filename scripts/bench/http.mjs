// Requests as they are on the wire. `fetch` would unpack what comes compressed.

import http from 'node:http';
import https from 'node:https';

/** What the bench calls itself everywhere: some sites renew a session whose browser changed. */
export const USER_AGENT = 'byline-bench';

/** Sends a request and gives its status, its headers, and its body as the bytes that came. */
export function ask(url, { method = 'GET', headers = {}, body } = {}) {
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { 'user-agent': USER_AGENT, ...headers } });
    sent.once('error', (error) => reject(new Error(`${method} ${url}: ${error.code ?? error.message}`)));
    sent.once('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode: status, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks) });
      });
    });
    sent.end(body);
  });
}

/** Sends a request that has to be answered with 200. */
export async function askWell(url, options) {
  const answer = await ask(url, options);
  if (answer.status !== 200) {
    throw new Error(`${options?.method ?? 'GET'} ${url}: ${answer.status}\n${answer.body}`);
  }
  return answer;
}

/** The cookies that an answer sets, as a browser sends them back. */
export function cookiesOf(answer) {
  return (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ');
}
