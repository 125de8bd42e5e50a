// Adds notifications to the queue, in bulk, for so many seconds. Reads one JSON plan from stdin, prints one report.
import { readFileSync } from "node:fs";
import { Queue } from "bullmq";

const BULK = 500;
const plan = JSON.parse(readFileSync(0, "utf8"));
const now = () => Number(process.hrtime.bigint()) / 1e9; // the monotonic clock, as everything else here reads it

const queue = new Queue("notifications", { connection: { host: "127.0.0.1", port: plan.redis_port } });
await queue.waitUntilReady();

// The same text as everybody sends, with its number in two places.
function notification(number) {
  return plan.template.replaceAll(plan.number, String(number).padStart(plan.number.length, "0"));
}

const startedAt = now();
let sent = 0;
while (now() - startedAt < plan.seconds) {
  const jobs = Array.from({ length: BULK }, (_, index) => ({
    name: "deliver",
    data: notification(sent + index),
    opts: { removeOnComplete: true },
  }));
  await queue.addBulk(jobs);
  sent += BULK;
}
console.log(JSON.stringify({ sent, accepted: sent, failed: 0, started_at: startedAt, ended_at: now() }));
await queue.close();
