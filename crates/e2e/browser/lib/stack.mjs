// Real processes for the tests: PostgreSQL, Redis, and the services' own programs, each on a free port of loopback with a
// folder of its own. Whatever was started is ended, by its own id.

import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "./browser.mjs";

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
export const PROGRAMS = process.env.KINTSUGI_PROGRAMS || join(ROOT, "target/debug");
const isRoot = process.getuid() === 0;
/** PostgreSQL refuses root; Debian's package makes this user. */
const AS_POSTGRES = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] : [];
const PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

const secret = () => randomBytes(24).toString("hex");
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** A folder and the processes in it. */
export class Stack {
  #processes = [];
  tokens = { operator: secret(), ingest: secret(), healer: secret(), store: secret() };

  static async make() {
    const stack = new Stack();
    stack.folder = await mkdtemp("/var/tmp/kintsugi-browser-");
    await run("chmod", ["755", stack.folder]);
    return stack;
  }

  /** Starts a program; what it says goes to a log in the folder. */
  async start(name, argv, { env = {}, cwd = this.folder } = {}) {
    const log = await open(join(this.folder, `${name}.log`), "a");
    const child = spawn(argv[0], argv.slice(1), { env: { PATH, ...env }, cwd, stdio: ["ignore", log.fd, log.fd] });
    await log.close();
    const begun = { name, child, ended: once(child, "exit").catch(() => null) };
    child.on("error", (error) => (begun.error = error));
    this.#processes.push(begun);
    return begun;
  }

  /** Ends one, and waits until it is gone. */
  async stop(begun, signal = "SIGTERM") {
    this.#processes = this.#processes.filter((known) => known !== begun);
    if (begun.child.exitCode === null && begun.child.signalCode === null && begun.child.pid) {
      begun.child.kill(signal);
      const late = setTimeout(() => begun.child.kill("SIGKILL"), 10_000);
      await begun.ended;
      clearTimeout(late);
    }
  }

  async end() {
    for (const begun of [...this.#processes].reverse()) await this.stop(begun, begun.name === "postgres" ? "SIGINT" : "SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Waits until something answers well, and shows the log of what should when it does not. */
  async ready(begun, url, ms = 30_000) {
    try {
      await eventually(`${begun.name} is ready`, async () => {
        if (begun.error || begun.child.exitCode !== null) throw begun.error ?? new Error(`${begun.name} ended with ${begun.child.exitCode}`);
        return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
      }, ms);
    } catch (error) {
      throw new Error(`${error.message}\n${(await readFile(join(this.folder, `${begun.name}.log`), "utf8")).slice(-3_000)}`);
    }
  }

  async postgres() {
    const versions = (await readdir("/usr/lib/postgresql")).map(Number).sort((a, b) => a - b);
    const bin = `/usr/lib/postgresql/${versions.at(-1)}/bin`;
    const [folder, port] = [join(this.folder, "postgres"), await freePort()];
    await mkdir(folder, { mode: 0o700 });
    if (isRoot) {
      const [uid, gid] = await Promise.all(["-u", "-g"].map(async (what) => Number((await run("id", [what, "postgres"])).stdout)));
      await chown(folder, uid, gid);
    }
    const as = (program, ...rest) => [...AS_POSTGRES, join(bin, program), ...rest];
    const [first, ...rest] = as("initdb", "-D", join(folder, "data"), "-U", "kintsugi", "-A", "trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8", "--no-instructions");
    await run(first, rest, { cwd: "/" });
    const options = ["listen_addresses=127.0.0.1", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", `unix_socket_directories=${folder}`];
    await this.start("postgres", as("postgres", "-D", join(folder, "data"), "-p", String(port), ...options.flatMap((option) => ["-c", option])), { cwd: "/" });
    this.psql = async (database, sql) => (await run(join(bin, "psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", String(port), "-U", "kintsugi", "-d", database, "-c", sql])).stdout.trim();
    await eventually("PostgreSQL answers", () => this.psql("postgres", "SELECT 1"));
    this.databaseUrl = (name) => `postgres://kintsugi@127.0.0.1:${port}/${name}`;
  }

  async redis() {
    const port = await freePort();
    await this.start("redis", ["redis-server", "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", this.folder]);
    this.redisUrl = `redis://127.0.0.1:${port}`;
  }

  /** incident-store behind the front, as on the local stack. `targets` are target files by name. */
  async store(targets) {
    await this.psql("postgres", "CREATE DATABASE store");
    await mkdir(join(this.folder, "targets"));
    for (const [name, text] of Object.entries(targets)) await writeFile(join(this.folder, "targets", `${name}.toml`), text);
    const accept = (name, roles, token) => `\n[[accept]]\nname = "${name}"\nroles = [${roles}]\nsha256 = "${sha256(token)}"\n`;
    const { operator, ingest, healer, store } = this.tokens;
    const credentials = `token = "${store}"\n${accept("kintsugi", '"operator", "approver"', operator)}${accept("router", '"ingest"', ingest)}${accept("healer", '{ service = "healer" }', healer)}`;
    await writeFile(join(this.folder, "store.toml"), credentials, { mode: 0o600 });
    await writeFile(join(this.folder, "front.toml"), `token = "${secret()}"\n`, { mode: 0o600 });
    const [port, nobody, frontPort] = [await freePort(), await freePort(), await freePort()];
    this.storeUrl = `http://127.0.0.1:${port}`;
    this.storeEnv = {
      KINTSUGI_SETTINGS_DIR: join(ROOT, "deploy"), KINTSUGI_CREDENTIALS: join(this.folder, "store.toml"), DATABASE_URL: this.databaseUrl("store"),
      REDIS_URL: this.redisUrl, INCIDENT_STORE__LISTEN: `127.0.0.1:${port}`, INCIDENT_STORE__TARGETS: join(this.folder, "targets"), INCIDENT_STORE__PATCHER: `http://127.0.0.1:${nobody}`,
      INCIDENT_STORE__RESET_LIMIT_S: "2",
    };
    await this.startStore();
    const env = {
      KINTSUGI_SETTINGS_DIR: join(ROOT, "deploy"), KINTSUGI_CREDENTIALS: join(this.folder, "front.toml"),
      FRONT__LISTEN: `127.0.0.1:${frontPort}`, FRONT__ROUTES: join(this.folder, "routes/routes.json"), FRONT__INCIDENT_STORE: this.storeUrl,
    };
    this.url = `http://127.0.0.1:${frontPort}`;
    await this.ready(await this.start("front", [join(PROGRAMS, "front")], { env }), `${this.url}/-/healthz`);
  }

  async startStore() {
    this.storeProcess = await this.start("incident-store", [join(PROGRAMS, "incident-store")], { env: this.storeEnv });
    await this.ready(this.storeProcess, `${this.storeUrl}/readyz`);
  }

  async killStore() {
    await this.stop(this.storeProcess, "SIGKILL");
  }

  /** The application with the faults, and its upstream. Nobody is told of its faults here. */
  async patient() {
    await this.psql("postgres", "CREATE DATABASE patient");
    const [upstreamPort, port] = [await freePort(), await freePort()];
    this.upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
    const upstream = await this.start("mock-upstream", [join(PROGRAMS, "mock-upstream")], { env: { PORT: String(upstreamPort), API_FAULT_MODE: "none" } });
    await this.ready(upstream, `${this.upstreamUrl}/healthz`);
    const program = process.env.FAULT_APP || join(ROOT, "crates/fault-app/target/debug/fault-app");
    const env = { PORT: String(port), DATABASE_URL: this.databaseUrl("patient"), MOCK_API_BASE_URL: this.upstreamUrl, APP_ENV: "development" };
    this.patientUrl = `http://127.0.0.1:${port}`;
    await this.ready(await this.start("fault-app", [program], { env }), `${this.patientUrl}/healthz`);
  }
}
