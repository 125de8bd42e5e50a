// One worker process: posts each notification over connections that are kept.
import http from "node:http";
import { Worker } from "bullmq";

const CONCURRENCY = 100;
const [redisPort, receiverPort] = process.argv.slice(2).map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY });

function deliver(job) {
  const body = Buffer.from(job.data);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        agent,
        host: "127.0.0.1",
        port: receiverPort,
        method: "POST",
        path: "/",
        headers: { "content-type": "application/json", "content-length": body.length },
      },
      (answer) => {
        answer.resume();
        answer.on("end", () => (answer.statusCode < 300 ? resolve() : reject(new Error(`answered ${answer.statusCode}`))));
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

const worker = new Worker("notifications", deliver, {
  connection: { host: "127.0.0.1", port: redisPort },
  concurrency: CONCURRENCY,
});
await worker.waitUntilReady();
console.log("ready");
