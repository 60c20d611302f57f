// What holds on https alone, behind a proxy that speaks TLS.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server } from '../server.ts';
import { expect, expectLoggedIn, expectLoggedOut, logOut, register, test as base } from '../support.ts';

/** A site that people reach by https: its address there. */
const test = base.extend<{}, { site: string }>({
  site: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'byline-https-'));
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const asked = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
      execFileSync('openssl', [...asked, '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
      let byline: Server | undefined;
      const proxy = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (asks, answers) => {
        const { method, url: path, headers } = asks;
        const passed = request(`${byline?.origin}`, { method, path, headers }, (answer) => {
          answers.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(answers);
        });
        passed.once('error', () => answers.destroy());
        asks.pipe(passed);
      });
      await once(proxy.listen(0, '127.0.0.1'), 'listening');
      const site = `https://localhost:${(proxy.address() as AddressInfo).port}`;
      byline = await Server.start('127.0.0.1', { BYLINE_ORIGIN: site });
      await use(site);
      proxy.closeAllConnections();
      proxy.close();
      await byline.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ site }, use) => {
    await use(site);
  },
});

// Nobody has signed the certificate but the test itself.
test.use({ ignoreHTTPSErrors: true });

test('T9: the cookie is bound to the host, and a log-out takes it out of the browser', async ({ page, context }) => {
  const ada = await register(page);
  await expectLoggedIn(page, ada);
  const sessions = async () => (await context.cookies()).filter(({ name }) => name === '__Host-byline');
  const [session] = await sessions();
  expect(session).toMatchObject({ secure: true, httpOnly: true, path: '/', domain: 'localhost', sameSite: 'Lax' });
  expect(await page.evaluate(() => document.cookie)).not.toContain('__Host-byline=');

  await logOut(page);
  await expectLoggedOut(page);
  expect(await sessions()).toEqual([]);
  await page.goto('/articles');
  await expect(page).toHaveURL(/\/login\?next=/);
});
