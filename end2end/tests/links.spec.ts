import type { Page } from '@playwright/test';
import { anArticle, expect, publish, register, saveDraft, test } from '../support.ts';

/** Follows every link, script, style and picture of this site from its front page. */
async function brokenAddresses(page: Page): Promise<string[]> {
  const origin = new URL(page.url()).origin;
  const seen = new Set(['/']);
  const waiting = ['/'];
  const broken: string[] = [];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const answer = await page.request.get(path);
    if (!answer.ok()) broken.push(`${answer.status()} ${path}`);
    if (!answer.headers()['content-type']?.startsWith('text/html')) continue;

    // The HTML as it was sent, so that it is the same with and without JavaScript.
    for (const [, address] of (await answer.text()).matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const url = new URL(address!.replaceAll('&amp;', '&'), origin + path);
      const next = url.pathname + url.search;
      if (url.origin !== origin || seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  expect(seen.size, 'addresses found').toBeGreaterThan(5);
  return broken;
}

test('no link of the site leads nowhere, for a member or for a visitor', async ({ page, stranger }) => {
  await register(page);
  await publish(page, anArticle());
  await publish(page, anArticle({ visibility: 'members' }));
  await saveDraft(page, anArticle());
  expect(await brokenAddresses(page), 'for a member').toEqual([]);

  await stranger.goto('/');
  expect(await brokenAddresses(stranger), 'for a visitor').toEqual([]);
});
