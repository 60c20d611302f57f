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
    private readonly env: NodeJS.ProcessEnv,
    private readonly child: ChildProcess,
    private readonly output: string[],
  ) {}

  /** The site goes by that name: a passkey is bound to one, and to no number. */
  static async start(name = '127.0.0.1', settings: Record<string, string> = {}): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'byline-end2end-'));
    const port = await freePort();
    const listen = `127.0.0.1:${port}`;
    const origin = `http://${name}:${port}`;
    // Nothing of this shell's environment but PATH, and another folder than the repository's:
    // the binary has to have all it needs within it.
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: `sqlite://${folder}/byline.db`,
      BYLINE_ORIGIN: origin,
      BYLINE_LISTEN: listen,
      BYLINE_MAIL_DIR: join(folder, 'mail'),
      BYLINE_KEY_FILE: join(folder, 'byline.key'),
      RUST_BACKTRACE: '1',
      ...settings,
    };
    const child = spawn(BINARY, ['serve'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    process.once('exit', () => child.kill('SIGKILL'));

    const output: string[] = [];
    child.stdout.on('data', (chunk) => output.push(String(chunk)));
    child.stderr.on('data', (chunk) => output.push(String(chunk)));
    child.once('error', (error) => output.push(`${BINARY}: ${error.message}\n`));

    const server = new Server(origin, folder, env, child, output);
    try {
      await server.ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** The link in the mail to that address, once it has come. */
  mailedLink(address: string, page = 'reset'): Promise<string> {
    return this.mailed(address, (line) => line.startsWith(`${this.origin}/${page}/`));
  }

  /** The link with which whoever has that address was invited, once it has come. */
  mailedInvitation(address: string): Promise<string> {
    return this.mailed(address, (line) => line.startsWith(`${this.origin}/register?invitation=`));
  }

  /** The code that proves that address, once it has come; another one than the former. */
  mailedCode(address: string, former?: string): Promise<string> {
    return this.mailed(address, (line) => /^[A-Z0-9]{4}-[A-Z0-9]{4}$/.test(line) && line !== former);
  }

  /** The mail to that address with that subject, once it has come. */
  mailedText(address: string, subject: string): Promise<string> {
    return this.letter(address, (letter) => (letter.includes(`Subject: ${subject}\r\n`) ? letter : undefined));
  }

  /** The line of a mail to that address, once it has come. */
  private mailed(address: string, wanted: (line: string) => boolean): Promise<string> {
    return this.letter(address, (letter) => letter.split('\r\n').find(wanted));
  }

  /** What is looked for in the mails to that address, once it has come. */
  private async letter(address: string, find: (letter: string) => string | undefined): Promise<string> {
    const mail = join(this.folder, 'mail');
    for (let waited = 0; waited < MAILED_WITHIN_MS; waited += 50) {
      for (const name of await readdir(mail).catch(() => [])) {
        if (!name.endsWith('.eml')) continue;
        const letter = await readFile(join(mail, name), 'utf8');
        const found = letter.includes(`To: ${address}\r\n`) ? find(letter) : undefined;
        if (found !== undefined) return found;
      }
      await sleep(50);
    }
    throw new Error(`no such mail came to ${address}`);
  }

  /** Runs a command as whoever runs the site does, and gives what it prints. */
  async command(args: string[], input = ''): Promise<string> {
    const child = spawn(BINARY, args, { cwd: this.folder, env: this.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const output: string[] = [];
    child.stdout.on('data', (chunk) => output.push(String(chunk)));
    child.stderr.on('data', (chunk) => output.push(String(chunk)));
    // A command that asks for nothing may be gone before it is written to.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`byline ${args.join(' ')}: ${output.join('')}`);
    return output.join('');
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
