import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from '../support.ts';
import { pagesOf, test, unfold, WALKS } from '../walks.ts';

// What is wrong with a page is told by what axe says of it; a record of each page takes longer than axe.
test.use({ trace: 'off' });

/**
 * A phone as narrow as any, which is also a desktop's window at 400 % (WCAG 1.4.10). That window as
 * it is, and at 200 % (1.4.4); each of the two in one of the two colour schemes.
 */
function screen(isMobile: boolean, colorScheme: 'light' | 'dark') {
  if (isMobile) return { width: 320, height: 640 };
  return colorScheme === 'light' ? { width: 1280, height: 800 } : { width: 640, height: 400 };
}

/** What of the page is wider than the screen. */
function tooWide(page: Page, width: number): Promise<string[]> {
  return page.evaluate((width) => {
    if (document.scrollingElement!.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width);
    return wide.slice(0, 5).map((element) => `too wide: ${element.outerHTML.slice(0, 120)}`);
  }, width);
}

for (const [what, walk] of Object.entries(WALKS)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing wrong with ${what} and nothing scrolls sideways, ${colorScheme}`, async ({
      viewers, server, javaScriptEnabled, isMobile,
    }) => {
      test.skip(!javaScriptEnabled, 'axe is JavaScript, and the pages are the same');
      test.setTimeout(180_000);
      const { width, height } = screen(isMobile, colorScheme);
      for (const viewer of pagesOf(viewers)) {
        await viewer.setViewportSize({ width, height });
        // Half-way through a transition, a colour is neither of the two that were chosen.
        await viewer.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      }
      for await (const { viewer, name } of walk(viewers, server)) {
        await unfold(viewer);
        const { violations } = await new AxeBuilder({ page: viewer })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
        expect.soft([...found, ...(await tooWide(viewer, width))], name).toEqual([]);
      }
    });
  }

  test(`nothing of ${what} scrolls sideways on the narrowest phone without scripts`, async ({ viewers, server, javaScriptEnabled }) => {
    test.skip(javaScriptEnabled, 'whoever walks along with axe looks at that as well');
    for (const viewer of pagesOf(viewers)) await viewer.setViewportSize({ width: 320, height: 640 });
    for await (const { viewer, name } of walk(viewers, server)) {
      await expect(viewer.locator('main')).toBeVisible();
      await unfold(viewer);
      expect.soft(await tooWide(viewer, 320), name).toEqual([]);
    }
  });

  test(`every page of ${what} has one main heading, a title of its own and a language`, async ({ viewers, server, isMobile }) => {
    test.skip(isMobile, 'a phone gets the same documents');
    const titles = new Map<string, string>();
    for await (const { viewer, name } of walk(viewers, server)) {
      await expect.soft(viewer.locator('h1'), name).toHaveCount(1);
      await expect.soft(viewer.locator('html'), name).toHaveAttribute('lang', /./);
      await expect.soft(viewer.locator('main'), name).toHaveCount(1);
      // What is asked or done there makes it no other page; nor does a link in place of a code.
      const page = name.replace(/[?,].*/, '').replace(/^(\/register\/confirm)\/.*/, '$1');
      const of = await viewer.title();
      expect.soft(titles.get(of) ?? page, of).toBe(page);
      titles.set(of, page);
    }
  });
}

test('the keyboard reaches the content first by the skip link', async ({ page }) => {
  await page.goto('/login');
  await page.keyboard.press('Tab');
  const skip = page.locator(':focus');
  await expect(skip).toHaveText(/skip/i);
  await expect(skip).toBeInViewport();
  const target = await skip.getAttribute('href');
  expect(target).toMatch(/^#./);
  await page.keyboard.press('Enter');
  await expect(page.locator(target!)).toBeInViewport();
  // The next Tab goes on from there, past the navigation.
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').evaluate((element) => element.closest('main') !== null)).toBe(true);
});

test('whatever has the focus shows it', async ({ page }) => {
  await page.goto('/register');
  // Further than the last field: the navigation, the form and its button.
  for (let presses = 0; presses < 14; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
      return { visible: outlined || boxShadow !== 'none', html: element.outerHTML.slice(0, 120) };
    });
    // Past the last link the focus is the browser's own.
    if (focused === null) break;
    expect.soft(focused.visible, focused.html).toBe(true);
  }
});
