// A wire between the browser and the service that can be cut and mended, and that remembers what went over it.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** How much is remembered each way. */
const MOST = 4 << 20;

export class Wire {
  asked = "";
  answered = "";
  #sockets = new Set();

  static async to(url) {
    const wire = new Wire();
    wire.port = Number(new URL(url).port);
    await wire.mend(0);
    wire.url = `http://127.0.0.1:${wire.own}`;
    return wire;
  }

  async mend(port = this.own) {
    this.server = createServer((near) => this.#join(near)).listen(port, "127.0.0.1");
    await once(this.server, "listening");
    this.own = this.server.address().port;
  }

  /** Breaks every connection and takes no other. */
  async cut() {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.server, "close");
  }

  forget() {
    [this.asked, this.answered] = ["", ""];
  }

  #join(near) {
    const far = connect(this.port, "127.0.0.1");
    near.on("data", (bytes) => (this.asked = (this.asked + bytes.toString("latin1")).slice(-MOST)));
    far.on("data", (bytes) => (this.answered = (this.answered + bytes.toString("latin1")).slice(-MOST)));
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
