// An article's page as it is read: what leads through it and on from it, on a screen and on paper.

import type { Page } from '@playwright/test';
import { anArticle, expect, preview, publish, register, save, test } from '../support.ts';

const PARTS = ['The lamp', 'The bell', 'The fog'];

/** A text of some six minutes with a line of code and a table that no phone is wide enough for. */
function longText(): string {
  const wide = [
    '```rust\n' + 'let lamp: &str = "lit"; '.repeat(12) + '\n```',
    `| ${'column | '.repeat(12)}\n| ${'--- | '.repeat(12)}\n| ${'value | '.repeat(12)}`,
    `A ${'very'.repeat(40)}long word, and [a way out](https://example.org/far).`,
  ];
  return [...wide, ...PARTS.map((part) => `# ${part}\n\n${'word '.repeat(460)}`)].join('\n\n');
}

async function publishLong(page: Page): Promise<string> {
  await register(page);
  return publish(page, anArticle({ body: longText() }));
}

test('contents lead to the parts of a long article', async ({ page, isMobile }) => {
  await page.goto(await publishLong(page));
  const contents = page.getByRole('navigation', { name: 'Contents' });
  if (isMobile) await contents.locator('summary').click();
  const links = contents.getByRole('link');
  await expect(links).toHaveText(PARTS);
  await links.last().click();
  await expect(page).toHaveURL(/#the-fog$/);
  const heading = page.getByRole('heading', { name: 'The fog' });
  await expect(heading).toBeInViewport();
  expect(await heading.evaluate((element) => element.matches(':target'))).toBe(true);
  await page.goBack();
  await expect(page).toHaveURL(/\/article\/[^#]+$/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('a short article has no contents', async ({ page }) => {
  await register(page);
  await page.goto(await publish(page, anArticle({ body: '# One\n\n# Two\n\n# Three\n\nEnough words.' })));
  await expect(page.getByRole('heading', { name: 'Three' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Contents' })).toHaveCount(0);
});

test('where nothing leads on from an article, nothing stands under it', async ({ page }) => {
  await register(page);
  await page.goto(await publish(page, anArticle({ tags: '' })));
  await expect(page.locator('.article-content')).toBeVisible();
  await expect(page.locator('.article-page > footer')).toHaveCount(0);
});

test('from an article a reader goes on to the one before and the one after', async ({ page, stranger, server }) => {
  const ada = await register(page);
  const articles = [anArticle(), anArticle(), anArticle()];
  for (const article of articles) await save(page, server, article);
  await stranger.goto(`/profile/${ada.username}`);
  await preview(stranger, articles[1]!).getByRole('link', { name: articles[1]!.title }).click();
  const title = stranger.getByRole('heading', { level: 1 });
  await expect(title).toHaveText(articles[1]!.title);
  const more = stranger.getByRole('navigation', { name: `More by ${ada.username}` });
  await more.getByRole('link', { name: 'Previous' }).click();
  await expect(title).toHaveText(articles[0]!.title);
  await expect(more.getByRole('link')).toHaveCount(1);
  await more.getByRole('link', { name: 'Next' }).click();
  await expect(title).toHaveText(articles[1]!.title);
  await more.getByRole('link', { name: 'Next' }).click();
  await expect(title).toHaveText(articles[2]!.title);
});

test('what the head says of the page that was served does not stay on another', async ({ page }) => {
  await page.goto(await publishLong(page));
  const served = page.locator('head > [data-served]');
  await expect(page.locator('head > link[rel="canonical"]')).toHaveAttribute('href', page.url());
  expect(JSON.parse((await page.locator('head > script[type="application/ld+json"]').textContent())!)['@type']).toBe('BlogPosting');
  await page.locator('.navbar-brand').click();
  await expect(page).toHaveURL('/');
  await expect(served).toHaveCount(0);
});

test('on paper an article is black on white, and nothing but itself', async ({ page }) => {
  await page.goto(await publishLong(page));
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  for (const gone of ['.navbar', '.site-footer', '.contents', '.edit-link', '.article-page > footer', '.skip-link']) {
    for (const element of await page.locator(gone).all()) await expect(element, gone).toBeHidden();
  }
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const looks = await page.evaluate(() => {
    const style = (selector: string, pseudo?: string) => getComputedStyle(document.querySelector(selector)!, pseudo);
    return {
      paper: style('html').backgroundColor,
      ink: style('.article-content').color,
      code: style('.hl-keyword').color,
      link: style('.article-content a[href^="https"]', '::after').content,
      code_breaks: style('.article-content pre').whiteSpace,
      code_stays_together: style('.article-content pre').breakInside,
    };
  });
  expect(looks.paper).toBe('rgb(255, 255, 255)');
  expect([looks.ink, looks.code]).toEqual(['rgb(0, 0, 0)', 'rgb(0, 0, 0)']);
  expect(looks.link).toContain('https://example.org/far');
  expect([looks.code_breaks, looks.code_stays_together]).toEqual(['pre-wrap', 'avoid']);
});

test('a wide table and wide code scroll by themselves, by the keyboard too, and never the page', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(await publishLong(page));
  const width = () => page.evaluate(() => document.scrollingElement!.scrollWidth);
  expect(await width()).toBeLessThanOrEqual(320);
  for (const wide of ['.article-content pre', '.article-content .table-scroll']) {
    const box = page.locator(wide);
    await box.focus();
    await expect(box, wide).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => box.evaluate((element) => element.scrollLeft), wide).toBeGreaterThan(0);
  }
  await page.locator('.contents summary').click();
  expect(await width()).toBeLessThanOrEqual(320);
});

test('all tags are linked from every page', async ({ page, stranger }) => {
  await register(page);
  const tag = `ropes-${Date.now()}`;
  await publish(page, anArticle({ tags: tag }));
  await stranger.goto('/');
  await stranger.getByRole('contentinfo').getByRole('link', { name: 'Tags' }).click();
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Tags');
  await expect(stranger).toHaveTitle('Tags · Byline');
});
