import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type ConfiguredDirectory, PULL, type Ready } from './support/configured.ts'
import { inConfiguredDirectory } from './support/in-configured-directory.ts'

let directory: ConfiguredDirectory
let token: string
inConfiguredDirectory(async (made) => {
  directory = made
  token = await made.token()
})

const statusAt = async ({ url }: Ready): Promise<number> => (await directory.call(url + PULL, token)).status
const LOADED = /"policies loaded"/
const told = (text: RegExp, times: number): RegExp => new RegExp(`(?:${text.source}[^]*){${times}}`)

/** Refuses the reviewer everything. */
const closeDoor = (text: string): string => text.replace('rules:\n', 'rules:\n  - { id: closed, deny: { integration: [github, slack] } }\n')

async function recorded(event: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await directory.records()).filter((record) => record['event'] === event)
}

describe('a policy that is edited while Postern runs', () => {
  it('changes nothing and says so where it is wrong, and applies at once where it is right', async () => {
    const ready = await directory.ready()
    const good = await readFile(directory.file('policies/pr-reviewer.yaml'), 'utf8')
    await directory.put('policies/pr-reviewer.yaml', good.replace('integration: slack', 'integration: slcak'))
    const [line] = await ready.process.says(/^.*the last good ones stay in force.*$/m)
    const place = 'pr-reviewer.yaml:16:14: rules[1].allow.integration[0]: no integration is named `slcak`; expected: `slack`'
    expect(JSON.parse(line)).toMatchObject({ problems: [expect.stringContaining(`policies/${place}`)] })
    expect(await statusAt(ready)).toBe(200)
    expect(await recorded('policy.rejected')).toEqual([expect.objectContaining({ outcome: 'failed', reason: expect.stringContaining(place) })])

    await directory.put('policies/pr-reviewer.yaml', closeDoor(good))
    await ready.process.says(LOADED)
    expect(await statusAt(ready)).toBe(403)
    await directory.put('policies/pr-reviewer.yaml', good)
    await ready.process.says(told(LOADED, 2))
    expect(await statusAt(ready)).toBe(200)
    const hashes = (await recorded('policy.loaded')).map((record) => record['policy_hash'])
    expect(hashes).toHaveLength(3)
    expect([hashes[0] === hashes[2], hashes[0] === hashes[1]]).toEqual([true, false])
  })

  it('applies as a whole where a ConfigMap’s link is moved to another set', async () => {
    const [mount, from] = [directory.file('mount'), directory.file('policies')]
    await cp(from, `${mount}/..one`, { recursive: true })
    await cp(from, `${mount}/..two`, { recursive: true })
    await writeFile(`${mount}/..two/pr-reviewer.yaml`, closeDoor(await readFile(`${from}/pr-reviewer.yaml`, 'utf8')))
    await symlink('..one', `${mount}/..data`)
    for (const name of ['org', 'pr-reviewer', 'issue-triage', 'release-notes']) await symlink(`..data/${name}.yaml`, `${mount}/${name}.yaml`)
    await directory.edit('postern.yaml', (text) => text.replace(/^policies: .*$/m, `policies: ${JSON.stringify(mount)}`))
    const ready = await directory.ready()
    expect(await statusAt(ready)).toBe(200)
    await symlink('..two', `${mount}/..data_tmp`)
    await rename(`${mount}/..data_tmp`, `${mount}/..data`)
    await rm(`${mount}/..one`, { recursive: true })
    await ready.process.says(LOADED)
    expect(await statusAt(ready)).toBe(403)
    expect(await recorded('policy.rejected')).toEqual([])
  })
})

describe('a configuration that is edited while Postern runs', () => {
  const REVOKED = (text: string): string => text.replace('id: "agent:pr-reviewer",', 'id: "agent:pr-reviewer", status: revoked,')

  it('changes nothing and says so where it is wrong, and revokes an agent where it is right', async () => {
    const ready = await directory.ready()
    const good = await readFile(directory.file('postern.yaml'), 'utf8')
    await directory.put('postern.yaml', REVOKED(good).replace('agents:\n', 'agnets:\n'))
    const [line] = await ready.process.says(/^.*what was in force stays so.*$/m)
    expect(JSON.parse(line)).toMatchObject({ problems: expect.arrayContaining([expect.stringMatching(/postern\.yaml:\d+:1: agnets: .+; expected: `agents`$/)]) })
    expect(await statusAt(ready)).toBe(200)
    await directory.put('postern.yaml', REVOKED(good))
    await expect.poll(() => recorded('agent.revoked'), { timeout: 10_000 }).toEqual([expect.objectContaining({ agent: { id: 'agent:pr-reviewer', name: 'PR Reviewer' } })])
    expect(await statusAt(ready)).toBe(403)
  })

  it('tells which sections apply at the next start only', async () => {
    const ready = await directory.ready()
    await directory.edit('postern.yaml', (text) => text.replace('mode: strict', 'mode: relaxed').replace('listener: {', 'listener: { unmatched: tunnel,'))
    const [line] = await ready.process.says(/^.*apply at the next start.*$/m)
    expect(JSON.parse(line)).toMatchObject({ level: 40, sections: ['listener', 'audit'] })
    expect(await statusAt(ready)).toBe(200)
  })

  it('is read through a ConfigMap’s link as well', async () => {
    await mkdir(directory.file('mount/..one'), { recursive: true })
    await mkdir(directory.file('mount/..two'))
    const text = await readFile(directory.file('postern.yaml'), 'utf8')
    await writeFile(directory.file('mount/..one/postern.yaml'), text)
    await writeFile(directory.file('mount/..two/postern.yaml'), REVOKED(text))
    await symlink('..one', directory.file('mount/..data'))
    await symlink('..data/postern.yaml', directory.file('mount/postern.yaml'))
    const ready = await directory.ready(directory.start({ config: 'mount/postern.yaml' }))
    expect(await statusAt(ready)).toBe(200)
    await symlink('..two', directory.file('mount/..data_tmp'))
    await rename(directory.file('mount/..data_tmp'), directory.file('mount/..data'))
    await expect.poll(() => recorded('agent.revoked'), { timeout: 10_000 }).toHaveLength(1)
    expect(await statusAt(ready)).toBe(403)
  })
})
