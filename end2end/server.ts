// A Byline of a test worker's own: a free port, a database that nobody else writes to, and
// nothing left of either when the worker ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BINARY = resolve(
  process.env.BYLINE_BIN ?? fileURLToPath(new URL('../target/release/byline', import.meta.url)),
);

// It promises to be ready in under a second; the rest is for a machine that is busy compiling.
const READY_WITHIN_MS = 15_000;
const STOPPED_WITHIN_MS = 5_000;
const MAILED_WITHIN_MS = 10_000;

export class Server {
  private constructor(
    readonly origin: string,
    private readonly folder: string,
    private readonly child: ChildProcess,
    private readonly output: string[],
  ) {}

  /** The site goes by that name: a passkey is bound to one, and to no number. */
  static async start(name = '127.0.0.1'): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'byline-end2end-'));
    const port = await freePort();
    const listen = `127.0.0.1:${port}`;
    const origin = `http://${name}:${port}`;
    // Nothing of this shell's environment but PATH, and another folder than the repository's:
    // the binary has to have all it needs within it.
    const child = spawn(BINARY, ['serve'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: `sqlite://${folder}/byline.db`,
        BYLINE_ORIGIN: origin,
        BYLINE_LISTEN: listen,
        BYLINE_MAIL_DIR: join(folder, 'mail'),
        BYLINE_KEY_FILE: join(folder, 'byline.key'),
        RUST_BACKTRACE: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => child.kill('SIGKILL'));

    const output: string[] = [];
    child.stdout.on('data', (chunk) => output.push(String(chunk)));
    child.stderr.on('data', (chunk) => output.push(String(chunk)));
    child.once('error', (error) => output.push(`${BINARY}: ${error.message}\n`));

    const server = new Server(origin, folder, child, output);
    try {
      await server.ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** The link in the mail to that address, once it has come. */
  async mailedLink(address: string, page = 'reset'): Promise<string> {
    const mail = join(this.folder, 'mail');
    for (let waited = 0; waited < MAILED_WITHIN_MS; waited += 50) {
      for (const name of await readdir(mail).catch(() => [])) {
        if (!name.endsWith('.eml')) continue;
        const letter = await readFile(join(mail, name), 'utf8');
        const link = letter.split('\r\n').find((line) => line.startsWith(`${this.origin}/${page}/`));
        if (link !== undefined && letter.includes(`To: ${address}`)) return link;
      }
      await sleep(50);
    }
    throw new Error(`no mail with a link came to ${address}`);
  }

  /** Everything it has printed so far. */
  log(): string {
    return this.output.join('');
  }

  async stop(): Promise<void> {
    if (this.running()) {
      const exited = once(this.child, 'exit');
      const patience = setTimeout(() => this.child.kill('SIGKILL'), STOPPED_WITHIN_MS);
      this.child.kill('SIGTERM');
      await exited;
      clearTimeout(patience);
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private running(): boolean {
    const { pid, exitCode, signalCode } = this.child;
    return pid !== undefined && exitCode === null && signalCode === null;
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline) {
      // The first turn of the loop is also where a binary that cannot be run is noticed.
      await sleep(50);
      if (!this.running()) throw new Error(`byline ended before it was ready:\n${this.log()}`);
      const answer = await fetch(`${this.origin}/ready`).catch(() => undefined);
      if (answer?.ok) return;
    }
    throw new Error(`byline was not ready within ${READY_WITHIN_MS} ms:\n${this.log()}`);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
