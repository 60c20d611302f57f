import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from '../support.ts';
import { outlines, pagesOf, test, tooWide, unfold, WALKS } from '../walks.ts';

// What is wrong with a page is told by what axe says of it; a record of each page takes longer than axe.
test.use({ trace: 'off' });

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The rules about colours and sizes; whatever else they say is said of any window. */
const RULES_OF_LOOKS = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size'];

interface Screen {
  width: number;
  height: number;
  colorScheme: 'light' | 'dark';
}

/**
 * A phone as narrow as any, which is also a desktop's window at 400 % (WCAG 1.4.10); or that window
 * as it is, and at 200 % (1.4.4). In both colour schemes.
 */
function screens(isMobile: boolean): [Screen, Screen] {
  const phone = { width: 320, height: 640 };
  return isMobile
    ? [{ ...phone, colorScheme: 'light' }, { ...phone, colorScheme: 'dark' }]
    : [{ width: 1280, height: 800, colorScheme: 'light' }, { width: 640, height: 400, colorScheme: 'dark' }];
}

/** Shows the page on that screen, and gives what is wrong with it there. */
async function wrong(page: Page, { width, height, colorScheme }: Screen, axe: AxeBuilder): Promise<string[]> {
  await page.setViewportSize({ width, height });
  // Half-way through a transition, a colour is neither of the two that were chosen.
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  // Without frames there is nothing that axe would need a page of its own for.
  const { violations } = await axe.setLegacyMode().analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  return [...found, ...(await tooWide(page, width))].map((what) => `${colorScheme}: ${what}`);
}

for (const [what, walk] of Object.entries(WALKS)) {
  test(`axe finds nothing wrong with ${what}, and nothing scrolls sideways`, async ({ viewers, server, javaScriptEnabled, isMobile }) => {
    test.skip(!javaScriptEnabled, 'axe is JavaScript, and the pages are the same');
    test.setTimeout(180_000);
    const [first, second] = screens(isMobile);
    const outline = outlines();
    for (const viewer of pagesOf(viewers)) await viewer.setViewportSize(first);
    for await (const shown of walk(viewers, server)) {
      const { viewer: page, name } = shown;
      await outline(shown);
      await unfold(page);
      expect.soft(await wrong(page, first, new AxeBuilder({ page }).withTags(RULES)), name).toEqual([]);
      expect.soft(await wrong(page, second, new AxeBuilder({ page }).withRules(RULES_OF_LOOKS)), name).toEqual([]);
      await page.setViewportSize(first);
    }
  });
}

test('whoever looks at a page sees what is wrong with it', async ({ page, javaScriptEnabled, isMobile }) => {
  test.skip(!javaScriptEnabled, 'axe is JavaScript');
  await page.goto('/login', { waitUntil: 'networkidle' });
  await page.evaluate(() => {
    document.querySelector('main label')!.remove();
    const heading = document.querySelector<HTMLElement>('main h1')!;
    // Hard to read in either scheme.
    heading.style.color = '#777';
    heading.style.background = '#888';
    heading.style.width = '2000px';
  });
  const [first, second] = screens(isMobile);
  const found = await wrong(page, first, new AxeBuilder({ page }).withTags(RULES));
  for (const what of ['light: color-contrast: h1', 'light: label: ', `light: wider than ${first.width}`]) {
    expect(found.join('\n')).toContain(what);
  }
  const inTheDark = await wrong(page, second, new AxeBuilder({ page }).withRules(RULES_OF_LOOKS));
  for (const what of ['dark: color-contrast: h1', `dark: wider than ${second.width}`]) expect(inTheDark.join('\n')).toContain(what);
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
