// What a run of the bench is told, by its arguments or by the environment.

import { parseArgs } from 'node:util';
import { PEER_KINDS } from './peers.mjs';

const HELP = `scripts/bench/run [OPTIONS]: measures target/release/byline and prints tables.

  --rounds N         rounds, of which the median counts (3)
  --seconds N        seconds that each address is under load in a round (5)
  --connections N    connections that the load comes over (32)
  --users N          seeded people (50)
  --articles N       seeded articles, spread over them (10000)
  --few N, --many N  articles of the two databases that are compared for growth (1000, 100000)
  --log-ins N        log-ins a second that readers are beside (200)
  --only PARTS       of bytes, requests, logins, guesses, texts, growth, separated by commas (all)
  --postgres         PostgreSQL beside SQLite: TEST_POSTGRES_URL, or one that is started for it
  --peer URL         another site that is measured in turns with this one (environment: PEER)
  --peer-kind KIND   its addresses: ${Object.keys(PEER_KINDS).join(', ')} (environment: PEER_KIND)
  --peer-pid PIDS    its main processes, when it runs on this machine, separated by commas;
                     their children are found (environment: PEER_PID)

Environment: BYLINE_BIN is another binary to measure, CHROMIUM another browser.
`;

const PARTS = ['bytes', 'requests', 'logins', 'guesses', 'texts', 'growth'];

/** Reads the options, or prints the help and ends; a wrong one throws what would be right. */
export function readOptions() {
  const text = (value) => ({ type: 'string', default: value });
  const { values } = parseArgs({
    options: {
      rounds: text('3'),
      seconds: text('5'),
      connections: text('32'),
      users: text('50'),
      articles: text('10000'),
      few: text('1000'),
      many: text('100000'),
      'log-ins': text('200'),
      only: text(PARTS.join(',')),
      postgres: { type: 'boolean', default: false },
      peer: text(process.env.PEER ?? ''),
      'peer-kind': text(process.env.PEER_KIND ?? Object.keys(PEER_KINDS)[0]),
      'peer-pid': text(process.env.PEER_PID ?? ''),
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const options = {
    only: values.only.split(','),
    postgres: values.postgres ? process.env.TEST_POSTGRES_URL : undefined,
    peer: values.peer.replace(/\/+$/, ''),
    peerKind: values['peer-kind'],
    peerPids: values['peer-pid'].split(/[\s,]+/).filter(Boolean).map(Number),
  };
  const counts = ['rounds', 'seconds', 'connections', 'users', 'articles', 'few', 'many', 'log-ins'];
  for (const name of counts) {
    const count = Number(values[name]);
    if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--${name} wants a whole number from 1`);
    options[name === 'log-ins' ? 'logIns' : name] = count;
  }
  const unknown = options.only.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`--only wants some of ${PARTS.join(', ')}`);
  if (!Object.hasOwn(PEER_KINDS, options.peerKind)) {
    throw new Error(`--peer-kind wants one of ${Object.keys(PEER_KINDS).join(', ')}`);
  }
  if (options.peerPids.some((pid) => !Number.isSafeInteger(pid) || pid < 1)) {
    throw new Error('--peer-pid wants process ids separated by commas');
  }
  return options;
}
