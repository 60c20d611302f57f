import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { anArticle, expect, publish, register, saveDraft, test } from '../support.ts';

// A word, a line of code and a table that no phone is wide enough for.
const WIDE = [
  `A ${'very'.repeat(40)}long word, and \`${'code'.repeat(40)}\` in a line.`,
  '```\n' + 'let line = "of code"; '.repeat(12) + '\n```',
  `| ${'column | '.repeat(12)}\n| ${'--- | '.repeat(12)}\n| ${'value | '.repeat(12)}`,
].join('\n\n');

/** Writes what the pages need to show, and names every page there is for a member and for a visitor. */
async function everyPage(author: Page): Promise<{ member: string[]; visitor: string[] }> {
  const { username } = await register(author);
  const article = await publish(author, anArticle({ title: `Lighthouse${'keeper'.repeat(18)}`, body: WIDE }));
  await saveDraft(author, anArticle());
  const profile = `/profile/${username}`;
  return {
    member: ['/', article, profile, '/editor', article.replace('article', 'editor'), '/articles', '/settings', '/settings/security', '/settings/security/passkeys', '/settings/data'],
    visitor: ['/', '/?page=1000', article, profile, '/login', '/register', '/reset', '/reset?sent=true', '/restore/0', '/nowhere'],
  };
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing wrong with any page, ${colorScheme}`, async ({ page, stranger, javaScriptEnabled }) => {
    test.skip(!javaScriptEnabled, 'axe is JavaScript, and the pages are the same');
    test.slow();
    const pages = await everyPage(page);
    for (const [viewer, paths] of [[page, pages.member], [stranger, pages.visitor]] as const) {
      // Half-way through a transition, a colour is neither of the two that were chosen.
      await viewer.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const path of paths) {
        await viewer.goto(path);
        const { violations } = await new AxeBuilder({ page: viewer })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
        expect.soft(found, path).toEqual([]);
      }
    }
  });
}

test('no page scrolls sideways on the narrowest phone', async ({ page, stranger }) => {
  const pages = await everyPage(page);
  for (const [viewer, paths] of [[page, pages.member], [stranger, pages.visitor]] as const) {
    await viewer.setViewportSize({ width: 320, height: 640 });
    for (const path of paths) {
      await viewer.goto(path);
      await expect(viewer.locator('main')).toBeVisible();
      const width = await viewer.evaluate(() => document.documentElement.scrollWidth);
      expect.soft(width, path).toBeLessThanOrEqual(320);
    }
  }
});

test('every page has one main heading, a title of its own and a language', async ({ page, stranger }) => {
  const pages = await everyPage(page);
  for (const [viewer, paths] of [[page, pages.member], [stranger, pages.visitor]] as const) {
    const titles = new Map<string, string>();
    for (const path of paths) {
      await viewer.goto(path);
      await expect.soft(viewer.locator('h1'), path).toHaveCount(1);
      await expect.soft(viewer.locator('html'), path).toHaveAttribute('lang', /./);
      await expect.soft(viewer.locator('main'), path).toHaveCount(1);
      titles.set(path.replace(/\?.*/, ''), await viewer.title());
    }
    expect([...new Set(titles.values())], 'titles').toHaveLength(titles.size);
  }
});

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
