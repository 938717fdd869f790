import { jsonFormat, StreamSink } from '../../../src/audit/stream-sink.ts'

/** Writes records to standard output without end; tells on standard error how it fares. */
const sink = new StreamSink({ stream: process.stdout, format: jsonFormat, maxBufferedBytes: 100_000 })
const line = 'x'.repeat(1000)
let full = false
let gone = 0

process.stdout.on('close', () => {
  gone = 1
})

const timer = setInterval(() => {
  for (let index = 0; index < 500; index++) sink.write({ seq: 1, event: 'api.call', line })
  if (!full && sink.leftOut > 0) {
    full = true
    process.stderr.write('full\n')
  }
  if (gone > 0 && gone++ > 3) {
    process.stderr.write('alive after the reader went away\n')
    clearInterval(timer)
  }
}, 2)
