import { parseArgs } from 'node:util'
import { type KillPoint, proveRotation } from '../test/integrations/slack/rotation/prove.ts'

const { values } = parseArgs({ options: { kills: { type: 'string', default: '300' } } })
const kills = Number(values.kills)
const startedMs = performance.now()
const report = await proveRotation(kills, (done) => {
  if (done % 20 === 0) process.stderr.write(`${done} of ${kills} kills\n`)
})

console.log('| killed with SIGKILL | times | of these, a person was asked for |')
console.log('| --- | --- | --- |')
for (const [point, times] of Object.entries(report.kills)) {
  console.log(`| ${point} | ${times} | ${report.reauthByPoint[point as KillPoint]} |`)
}
console.log()
console.log(`- rotations that Slack made: ${report.rotations}`)
console.log(`- kills after which the next process had a token that Slack took: ${report.recovered}`)
console.log(`- kills after which a person was asked for, Slack having rotated and the answer being lost with the process: ${report.reauthInWindow}`)
console.log(`- a person asked for where nothing was lost: ${report.reauthUnexplained}`)
console.log(`- connections lost without a word: ${report.lost}`)
console.log(`- refresh tokens that were traded twice: ${report.secondSuccessors}`)
console.log(`- the store ends with Slack's last successor: ${report.storeHoldsTheLast ? 'yes' : 'no'}`)
console.log(`- took ${Math.round((performance.now() - startedMs) / 1000)} s`)

const good = report.reauthUnexplained === 0 && report.lost === 0 && report.secondSuccessors === 0 && report.storeHoldsTheLast
process.exit(good ? 0 : 1)
