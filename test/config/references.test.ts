import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runSecretCommand } from '../../src/config/run-secret-command.ts'
import { ConfigFolder, SMALL, small } from './fixture.ts'

let folder: ConfigFolder
beforeEach(async () => {
  folder = await ConfigFolder.make()
})
afterEach(() => folder.remove())

const withKey = (reference: string): string => small('{ env: STORE_KEY }', reference)

describe('a secret', () => {
  test('comes from the environment, a file or a command, without the line end after it', async () => {
    await folder.place('key', 'from a file\n')
    const { config } = await folder.load(small('store: { key: { env: STORE_KEY } }',
      'store: { key: { file: key }, previous_keys: [{ env: STORE_KEY }, { command: [printf, "%s\\r\\n", "from a command"] }] }'))
    expect(config.store.keys.map((key) => key.reveal())).toEqual(['from a file', 'store-secret', 'from a command'])
  })

  test('that is no text comes one character a byte', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x80, 0x41])
    await folder.place('key', bytes)
    const { config } = await folder.load(withKey('{ file: key }'))
    expect(Buffer.from(config.store.keys[0].reveal(), 'latin1')).toEqual(bytes)
  })

  test('by command runs once, in the folder that paths begin in, however often it is named', async () => {
    const command = '{ command: [sh, -c, "echo run >> runs; echo key"] }'
    await folder.load(small('store: { key: { env: STORE_KEY } }', `store: { key: ${command}, previous_keys: [${command}] }`).replace('{ env: TICKETS_KEY }', command))
    expect(await readFile(join(folder.path, 'runs'), 'utf8')).toBe('run\n')
  })

  test('by command is no shell’s business', async () => {
    const { config } = await folder.load(withKey('{ command: [echo, "$(id); `id` > x"] }'))
    expect(config.store.keys[0].reveal()).toBe('$(id); `id` > x')
  })

  test('that goes to an upstream and is too short to be found in answers is taken, with a warning', async () => {
    const short = (value: string) => small('{ env: TICKETS_KEY }', `{ command: [printf, "${value}"] }`)
    expect((await folder.load(short('1234567'))).warnings).toEqual([
      expect.objectContaining({ path: 'integrations.tickets.credential.secret', problem: expect.stringMatching(/answers are not scrubbed/), expected: 'at least 8 bytes' }),
    ])
    expect((await folder.load(short('12345678'))).warnings).toEqual([])
  })

  test('of a file that its group may read is taken, with a warning', async () => {
    await folder.place('key', 'x', 0o640)
    const { warnings } = await folder.load(withKey('{ file: key }'))
    expect(warnings).toEqual([expect.objectContaining({ path: 'store.key', problem: expect.stringMatching(/the group of .*key may read/), expected: expect.stringMatching(/chmod 600/) })])
  })

  const refused: readonly [string, string, RegExp, (() => Promise<unknown>)?][] = [
    ['of a variable that is not set', '{ env: NOT_SET }', /store\.key: the environment variable NOT_SET is not set; expected: NOT_SET set to the secret/],
    ['of a variable that is empty', '{ env: EMPTY }', /EMPTY is empty/],
    ['of a file that is missing', '{ file: none }', /store\.key: there is no none; expected: a file that exists/],
    ['of a file that everybody may read', '{ file: key }', /everybody on this machine may read or write key; expected: a private file: chmod 600/, () => folder.place('key', 'x', 0o644)],
    ['of a file that everybody may write', '{ file: key }', /everybody on this machine/, () => folder.place('key', 'x', 0o602)],
    ['of a file that is empty', '{ file: key }', /the secret is empty/, () => folder.place('key', '\n')],
    ['of a file that is large', '{ file: key }', /key is larger than/, () => folder.place('key', 'x'.repeat(300_000))],
    ['of a folder', '{ file: policies }', /policies is not a file/],
    ['of a program that is missing', '{ command: [no-such-program] }', /there is no program no-such-program/],
    ['of a program that fails', '{ command: [sh, -c, "echo hunter2 >&2; exit 3"] }', /sh failed \(exit code 3\)/],
    ['of a program that prints nothing', '{ command: ["true"] }', /the secret is empty/],
    ['of a program that prints without end', '{ command: [yes] }', /yes printed more than 65536 bytes/],
  ]
  test.each(refused)('%s is refused', async (_, reference, expected, prepare) => {
    await prepare?.()
    folder.env['EMPTY'] = ''
    const problems = await folder.problems(withKey(reference))
    expect(problems).toEqual([expect.stringMatching(expected)])
    expect(problems[0]).not.toContain('hunter2')
  })

  test('of a program that does not end is given up', async () => {
    const found = await runSecretCommand(['sleep', '30'], { env: folder.env, directory: folder.path, timeoutMs: 100 })
    expect(found).toMatchObject({ problem: 'sleep did not end within 100 ms' })
  })
})

describe('what a configuration names', () => {
  test('has to be there: each file and folder one sentence', async () => {
    const problems = await folder.problems(small('policies: policies', 'policies: nowhere').replace('jwks.json', 'none.json').replace('TICKETS_KEY', 'MISSING')
      .replace('    routes: [', '    connect: { ca: { file: none.pem } }\n    routes: ['))
    expect(problems).toEqual([
      expect.stringMatching(/identity\.delegation_tokens\.jwks\.file: there is no none\.json; expected: a readable key set; `postern agent token`/),
      expect.stringMatching(/integrations\.tickets\.credential\.secret: the environment variable MISSING is not set/),
      expect.stringMatching(/integrations\.tickets\.connect\.ca\.file: there is no none\.pem/),
      expect.stringMatching(/policies: there is no nowhere; expected: a folder that exists/),
    ])
  })

  test('is told together with what several keys get wrong', async () => {
    const problems = await folder.problems(SMALL.replace('STORE_KEY', 'MISSING').replace('hosts: [tickets.acme.com]', 'hosts: [other.com]'))
    expect(problems).toHaveLength(2)
  })

  test('has to be of its kind', async () => {
    await folder.place('file', 'x')
    await mkdir(join(folder.path, 'folder.pem'))
    expect(await folder.problems(small('policies: policies', 'policies: file'))).toEqual([expect.stringMatching(/policies: file is not a folder/)])
  })
})
