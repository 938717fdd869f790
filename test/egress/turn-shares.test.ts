import { describe, expect, it } from 'vitest'
import { TurnShares } from '../../src/egress/turn-shares.ts'

const READ = 65_536

/** Bodies that are always ready: each moves one read whenever it may. Tells in which order, turn by turn. */
async function turnsOf(owners: Readonly<Record<string, number>>, turns: number): Promise<string[]> {
  const shares = new TurnShares()
  const moved: string[] = []
  let over = false
  for (const [name, bodies] of Object.entries(owners)) {
    const owner = {}
    for (let body = 0; body < bodies; body += 1) {
      // What may go on has its next bytes with the next poll of its socket.
      const move = (): void => {
        if (over) return
        moved[moved.length - 1] += name
        if (shares.take(owner, READ, again)) again()
      }
      const again = (): void => void setImmediate(move)
      setImmediate(move)
    }
  }
  for (let turn = 0; turn < turns; turn += 1) {
    moved.push('')
    await new Promise((resolve) => setImmediate(resolve))
  }
  over = true
  return moved
}

const count = (text: string, letter: string): number => text.split(letter).length - 1

describe('a turn of the event loop', () => {
  it('has room for so much and no more, once it is known how many there are', async () => {
    const [, , , ...settled] = await turnsOf({ a: 200 }, 40)
    for (const turn of settled) expect(turn.length).toBeLessThanOrEqual(17)
    expect(settled.join('').length).toBeGreaterThan(300)
  })

  it('is shared between owners, however many bodies one has', async () => {
    const all = (await turnsOf({ a: 200, b: 3 }, 60)).slice(10).join('')
    // Each of the three moves every other turn, as it would by itself: not three parts of 203.
    expect(count(all, 'b')).toBeGreaterThan(3 * 50 / 2 * 0.8)
  })

  it('lets everybody on who waits, also where nobody takes more', async () => {
    const shares = new TurnShares()
    let on = 0
    const asked = Array.from({ length: 100 }, () => shares.take({}, READ, () => { on += 1 }))
    const atOnce = asked.filter(Boolean).length
    expect(atOnce).toBe(15)
    for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(on).toBe(100 - atOnce)
  })
})
