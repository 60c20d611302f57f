// The report: what is printed is kept, and becomes a file.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const printed = [];

/** Prints lines of text, and a blank one after them. */
export function say(...lines) {
  const text = `${lines.join('\n')}\n\n`;
  process.stdout.write(text);
  printed.push(text);
}

/** Prints a table: a Markdown one, aligned to be read as it is. All columns but the first are
 * numbers, and stand on the right. */
export function table(head, rows) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at].length), 3));
  const line = (cells) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  say(line(head), line(rule), ...rows.map(line));
}

/** Writes everything that was printed to a file. */
export function keepReport(file) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, printed.join(''));
}

/** A number with so many decimals and separators of thousands; a dash for one that is not known. */
export function number(value, decimals = 0) {
  if (!Number.isFinite(value)) return '–';
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A number with the two or three digits that tell something. */
export function digits(value) {
  if (value > 0 && value < 0.1) return value.toLocaleString('en', { maximumSignificantDigits: 2 });
  return number(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** The middle one; of an even count the mean of the two in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The median of the rounds of a figure. */
export function typical(story, figure) {
  return median(story.rounds.map((round) => round[figure]));
}

/** How many times a figure of one story is that of another: the median of the rounds' ratios, so
 * that a slow moment, which is slow for both, falls out. */
export function times(story, other, figure = 'rate') {
  return median(story.rounds.map((round, at) => round[figure] / other.rounds[at][figure]));
}

/** Says which stories had answers other than 200, if any had: their figures mean nothing. */
export function warnOfBadAnswers(stories) {
  let well = true;
  for (const story of stories) {
    const sum = (figure) => story.rounds.reduce((total, round) => total + round[figure], 0);
    const [requests, refused, broken] = ['requests', 'refused', 'broken'].map(sum);
    const alone = story.rounds.map(({ status }) => status).filter((status) => status !== 200);
    const silent = story.rounds.filter((round) => round.requests === 0).length;
    if (refused + broken + alone.length + silent === 0) continue;
    well = false;
    const faults = [
      ...(refused > 0 ? [`${number(refused)} refused with 4xx or 5xx`] : []),
      ...(silent > 0 ? [`none answered in ${silent} of ${story.rounds.length} rounds`] : []),
      ...(broken > 0 ? [`${number(broken)} never answered`] : []),
      ...(alone.length > 0 ? [`asked once more by itself: ${alone.join(', ')}`] : []),
    ];
    say(`**WARNING: ${story.subject}, ${story.title}: of ${number(requests)} requests ${faults.join('; ')}.**`);
  }
  if (well) say('Every answer was a 200.');
}
