// T21: Leptos reads what went wrong with a form from the address, where anybody can write it.
// Nothing of it may be on the page, neither as it is served nor once it is hydrated.

import { expect, register, test } from '../support.ts';

const TEXT = 'call 0900 12345 to unlock';
const FUNCTIONS: Record<string, string> = {
  '/login': '/rpc/log-in',
  '/register': '/rpc/register',
  '/editor': '/rpc/save-article',
};

for (const [path, rpc] of Object.entries(FUNCTIONS)) {
  test(`t21 no error that an address brings is shown on ${path}`, async ({ page }) => {
    if (path === '/editor') await register(page);
    const errors = [
      JSON.stringify({ internal: { incident: TEXT } }),
      JSON.stringify({ invalid: [['title', 'required'], ['email', 'required']] }),
    ];
    for (const error of errors) {
      // As Leptos writes it, and as it stands.
      for (const value of [Buffer.from(error).toString('base64url'), encodeURIComponent(error)]) {
        for (const [name, at] of [['__err', '__path'], ['%5F%5Ferr', '%5F%5Fpath']]) {
          await page.goto(`${path}?${at}=${encodeURIComponent(rpc)}&${name}=${value}`);
          await page.waitForLoadState('networkidle');
          await expect(page.locator('form').filter({ has: page.locator('input') }).first()).toBeVisible();
          await expect(page.locator('body')).not.toContainText('0900');
          await expect(page.locator('[aria-invalid="true"]')).toHaveCount(0);
          await expect(page.getByRole('alert').filter({ hasText: /\S/ })).toHaveCount(0);
          expect(await page.content()).not.toContain('0900 12345');
        }
      }
    }
  });
}
