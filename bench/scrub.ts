/**
 * What the answer scrub costs by itself: `node bench/scrub.ts`. CPU time of one thread, nothing else in the loop; each row the median of
 * nine rounds. The figures of docs/performance.md come from here.
 */
import { randomBytes } from 'node:crypto'
import { compileScrub } from '../src/http/scrub/compiled-scrub.ts'
import { Scrubber } from '../src/http/scrub/scrubber.ts'
import { Secret } from '../src/lib/secret.ts'

const ROUNDS = 9
const ROUND_NS = 60e6
const TOKEN = `ghs_${randomBytes(27).toString('base64url')}`
const CHUNK_BYTES = 65_536

const scrub = compileScrub(new Secret(TOKEN))
if (scrub === undefined) throw new TypeError('the token is too short')

/** JSON as an API gives it: links, escapes, numbers. */
function json(bytes: number): Buffer {
  const items = Array.from({ length: Math.ceil(bytes / 150) }, (_, id) => ({ id, url: `https://api.github.com/repos/acme/backend/issues/${id}?per_page=100&q=a%20b`, title: 'A "quoted" title\r\n' }))
  return Buffer.from(`${JSON.stringify(items).slice(0, bytes - 1)}]`)
}

function withToken(bytes: Buffer, every: number): Buffer {
  const dirty = Buffer.from(bytes)
  for (let at = 100; at + TOKEN.length < dirty.length; at += every) dirty.write(TOKEN, at, 'latin1')
  return dirty
}

const FIELDS = [
  'date', 'Sun, 22 Nov 2026 08:05:18 GMT', 'content-type', 'application/json; charset=utf-8', 'content-length', '1024', 'cache-control', 'private, max-age=60, s-maxage=60',
  'vary', 'Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With', 'etag', `W/"${'a1'.repeat(32)}"`, 'x-request-id', 'C0FE:1234:5678:9ABC:DEF01234',
  'x-ratelimit-remaining', '4999', 'link', '<https://api.github.com/repositories/1300192/issues?page=2>; rel="next", <https://api.github.com/repositories/1300192/issues?page=515>; rel="last"',
]

interface Row {
  readonly name: string
  readonly bytes: number
  run(): number
}

/** One answer in chunks as a socket gives them. @param fresh where the bytes are changed, so that each run needs its own */
function answer(name: string, bytes: Buffer, fresh = false): Row {
  const compiled = scrub as NonNullable<typeof scrub>
  const work = fresh ? Buffer.alloc(bytes.length) : bytes
  return {
    name,
    bytes: bytes.length,
    run() {
      if (fresh) bytes.copy(work)
      const scrubber = new Scrubber(compiled)
      let passed = 0
      for (let at = 0; at < work.length; at += CHUNK_BYTES) passed += scrubber.push(work.subarray(at, at + CHUNK_BYTES)).length
      return passed + scrubber.end().length + scrubber.hits
    },
  }
}

const random = randomBytes(1_048_576)
const rows: readonly Row[] = [
  answer('clean JSON, 1 KB', json(1_024)),
  answer('clean JSON, 64 KB', json(65_536)),
  answer('clean JSON, 1 MB', json(1_048_576)),
  answer('random bytes, 1 MB', random),
  answer('base64, 1 MB', Buffer.from(random.toString('base64')).subarray(0, 1_048_576)),
  answer('hex, 1 MB', Buffer.from(random.toString('hex')).subarray(0, 1_048_576)),
  answer('\\u escapes only, 1 MB', Buffer.from('\\u4f60\\u597d'.repeat(87_381))),
  answer('percent escapes only, 1 MB', Buffer.from('%E4%BD%A0'.repeat(116_508))),
  answer('JSON with the token once, 1 KB (and a copy)', withToken(json(1_024), 2_048), true),
  answer('JSON with the token in every KB, 1 MB (and a copy)', withToken(json(1_048_576), 1_024), true),
  answer('nothing but the token without its end, 1 MB', Buffer.from(`${TOKEN.slice(0, -1)}!`.repeat(26_214))),
  { name: 'fields of an answer (10)', bytes: FIELDS.join('').length, run: () => new Scrubber(scrub).fields(FIELDS).length },
  { name: 'compiling a secret of 40 characters', bytes: 0, run: () => compileScrub(new Secret(TOKEN))?.stride ?? 0 },
]

let sink = 0

function nanosecondsOf(row: Row): number {
  let count = 1
  for (;;) {
    const took = timed(row, count)
    if (took > ROUND_NS / 2) return took / count
    count = Math.ceil(count * Math.min(100, (ROUND_NS * 1.2) / Math.max(took, 1)))
  }
}

/** Nanoseconds of this process on a CPU: what else runs on the machine does not count. */
function timed(row: Row, count: number): number {
  const before = process.cpuUsage()
  for (let at = 0; at < count; at += 1) sink += row.run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1_000
}

console.log('| | ns | GB/s |\n|---|---|---|')
for (const row of rows) {
  const rounds = Array.from({ length: ROUNDS }, () => nanosecondsOf(row)).toSorted((one, other) => one - other)
  const ns = rounds[Math.floor(ROUNDS / 2)] ?? 0
  console.log(`| ${row.name} | ${Math.round(ns).toLocaleString('en')} | ${row.bytes === 0 ? '' : (row.bytes / ns).toFixed(1)} |`)
}
if (sink === 0) throw new Error('nothing ran')
