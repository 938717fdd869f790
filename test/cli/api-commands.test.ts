import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AdminWorld, ALICE, BOB, OLIVIA } from '../admin/support/admin-world.ts'
import { approval, record, REVIEWER } from '../admin/support/things.ts'
import { ApiUser } from './support/api-user.ts'
import { killAll, STACK, type Ended } from './support/process.ts'

let world: AdminWorld
let user: ApiUser
beforeEach(async () => {
  world = await AdminWorld.start()
  user = new ApiUser()
  as('olivia')
})
afterEach(async () => {
  await killAll()
  await world.close()
  user.remove()
})

function as(subject: string): void {
  user.env = { POSTERN_URL: world.url, POSTERN_TOKEN: `token-of-${subject}` }
}

/** In a quoted argument a space stays. */
function run(line: string): Promise<Ended> {
  return user.run([...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''))
}

describe('postern agent', () => {
  it('registers an agent with its proofs, shows, lists, revokes and restores it', async () => {
    writeFileSync(`${user.home}/key.pem`, execFileSync('openssl', ['pkey', '-pubout'], { input: execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519']) }))
    const added = await run("agent add issue-triage --name 'Issue Triage' --owner platform --spiffe spiffe://acme.com/issue-triage --redirect-uri http://127.0.0.1/callback --public-key key.pem")
    expect(added).toMatchObject({ code: 0, stderr: '' })
    expect(added.stdout).toMatch(/^agent +agent:issue-triage\nname +Issue Triage\nowner +platform\nstatus +active\nfrom +registered by user:olivia@acme\.com 2026-11-21 08:00:00Z\n/)
    expect(world.named('agent.registered')).toMatchObject([{ by: OLIVIA.id, agent: { id: 'agent:issue-triage', name: 'Issue Triage' }, outcome: 'ok' }])
    expect((await run('agent show agent:issue-triage')).stdout).toBe(added.stdout)
    expect((await run('agent list')).stdout).toBe(
      'AGENT               NAME          OWNER     STATUS  FROM\nagent:issue-triage  Issue Triage  platform  active  registered\nagent:pr-reviewer   PR Reviewer   platform  active  configuration\n')
    await world.store.agents.revoke({ agent: 'agent:issue-triage' as typeof REVIEWER, by: OLIVIA.id, reason: 'strange calls' })
    expect((await run('agent show issue-triage')).stdout).toMatch(/^status +revoked since \S+ \S+ by user:olivia@acme\.com: strange calls$/m)
    expect(await run('agent restore issue-triage')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^status +active$/m) })
  })

  it('tells in plain words what a revocation did, and what is left', async () => {
    expect(await run("agent revoke pr-reviewer --reason 'strange calls'")).toMatchObject({
      code: 0,
      stdout: 'agent:pr-reviewer is revoked.\n  github: 2 credentials dropped, 1 revoked there, too; 1 will not be used again, and ends there by time\n  2 open streams cut\n  not done: Slack cannot revoke a single token.\n',
    })
    expect(world.revocations).toEqual([{ what: REVIEWER, by: { by: OLIVIA.id, reason: 'strange calls' } }])
    const { stdout } = await run('agent revoke pr-reviewer --json')
    expect(JSON.parse(stdout)).toMatchObject({ revoked: REVIEWER, streams_cut: 2, left: ['Slack cannot revoke a single token.'] })
  })

  it.each([
    ['agent show agent:nobody', 1, '[not_found]'],
    ['agent add pr-reviewer', 1, 'is registered already [state_conflict]'],
    ['agent restore pr-reviewer', 1, 'The configuration revokes it'],
    ['agent add x --redirect-uri http://evil.example/', 64, 'redirect_uris.0: it is https://'],
    ['agent add x --public-key none.pem', 78, 'there is no none.pem'],
    ['agent show Agent:X', 64, 'It has the form agent:pr-reviewer.'],
    ['delegation revoke ses_1', 64, 'It has the form dlg_'],
    ['delegation list --state gone', 64, 'Allowed choices are active, revoked, expired'],
    ['session list --limit 0', 64, 'It is a whole number from 1'],
    ['break-glass request --reason x --for 10', 64, 'It is a duration such as 30m'],
    ['audit query --event apis', 64, 'It is an event such as api.denied'],
    ['audit tail --remote x.jsonl', 64, 'name no log beside them'],
  ])('%s ends with %i and says %s', async (line, code, why) => {
    const ended = await run(line)
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(why) })
    expect(ended.stderr).not.toMatch(STACK)
  })
})

describe('a person', () => {
  beforeEach(() => as('alice'))

  it('sees and takes back their own alone', async () => {
    expect((await run('delegation list')).stdout).toMatch(/^DELEGATION +AGENT +FOR +STATE +UNTIL +ACCESS\ndlg_alice +agent:pr-reviewer +user:alice@acme\.com +active +2026-11-21 10:00:00Z +github pulls:read pulls:write on acme-corp\/\*\n$/)
    expect(await run('delegation revoke dlg_alice')).toMatchObject({ code: 0, stdout: expect.stringContaining('dlg_alice is revoked.') })
    expect(await run('delegation revoke dlg_bob')).toMatchObject({ code: 1, stderr: expect.stringContaining('[not_found]') })
    expect((await run('session list --running')).stdout).toMatch(/\nses_alice .* dlg_alice\n$/)
    expect(await run('session revoke ses_alice')).toMatchObject({ code: 0 })
    expect((await run('connection list --integration github')).stdout).toMatch(/\ncon_alice +github +user:alice@acme\.com +default +alice-chen +active\n$/)
    expect(await run('connection revoke con_alice')).toMatchObject({ code: 0 })
    expect(await run('person revoke alice@acme.com')).toMatchObject({ code: 0 })
    expect(world.revocations.map(({ what, by }) => [what, by.by])).toEqual(['dlg_alice', 'ses_alice', 'con_alice', ALICE.id].map((what) => [what, ALICE.id]))
  })

  it('is refused what takes a role: exit 77', async () => {
    for (const ended of await Promise.all(['agent list', 'agent revoke pr-reviewer', `person revoke ${BOB.id}`].map(run))) {
      expect(ended).toMatchObject({ code: 77, stdout: '', stderr: expect.stringContaining('This takes a role that you do not have. [role_required]') })
    }
  })

  it('answers what an agent asks', async () => {
    expect((await run('approval list')).stdout).toMatch(/\napr_alice +pending +agent:pr-reviewer +user:alice@acme\.com +2026-11-21 08:59:59Z +PUT \/repos\/acme-corp\/backend\/pulls\/42\/merge\n$/)
    expect(await run('approval approve apr_alice')).toMatchObject({ code: 0, stdout: 'apr_alice is approved\n' })
    expect(await run('approval deny apr_alice')).toMatchObject({ code: 1, stderr: expect.stringContaining('It was answered already, or its time is over. [state_conflict]') })
  })

  it('never meets a control character of somebody else’s text', async () => {
    const evil = approval('apr_evil', ALICE.id, { text: 'merge \u001b[2K\u001b[1Gnothing\n\u202e' })
    world.store.approvalsById.set(evil.id, evil)
    const { stdout } = await run('approval list')
    expect(stdout).toContain('merge \\u{1b}[2K\\u{1b}[1Gnothing\\u{a}\\u{202e}')
  })
})

describe('break-glass', () => {
  it('is asked for by one and lent by another', async () => {
    as('alice')
    expect((await run("break-glass request --for 30m --reason 'the build is down'")).stdout).toMatch(/^apr_new waits for an answer until [^\n]+\nanother operator answers it: postern break-glass approve apr_new\n$/)
    expect(await run('break-glass approve apr_new')).toMatchObject({ code: 77, stderr: expect.stringContaining('Another operator has to answer this.') })
    as('olivia')
    expect((await run('break-glass list --state pending')).stdout).toContain('apr_new')
    expect(await run('break-glass approve apr_new')).toMatchObject({ code: 0, stdout: 'apr_new is approved\n' })
    expect(await run('break-glass end apr_new')).toMatchObject({ code: 0, stdout: 'apr_new is expired\n' })
    expect(world.named('admin.break_glass_ended')).toMatchObject([{ by: OLIVIA.id, user: { id: ALICE.id }, approval: 'apr_new' }])
  })
})

describe('a long list', () => {
  it('is fetched in parts, up to the limit, and says that there is more', async () => {
    for (let seq = 3; seq <= 260; seq++) world.store.records.push(record(seq, {}))
    const all = await run('audit query --limit 1000 --json')
    expect(all.stdout.split('\n')).toHaveLength(261)
    expect(all.stderr).toBe('')
    const some = await run('audit query --limit 150 --json')
    expect(some.stdout.split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual(Array.from({ length: 150 }, (_, at) => 111 + at))
    expect(some.stderr).toContain('there are more than these 150')
  })
})

describe('the audit of the authority', () => {
  it('is searched by the same filters as a log, and shown in the same words', async () => {
    expect(await run('audit query --denied')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^09:00:02 api\.denied agent:pr-reviewer for bob@acme\.com[^\n]*\n$/) })
    expect((await run('audit query --agent pr-reviewer --integration github --json')).stdout).toMatch(/^\{"v":1,"seq":1,[^\n]+\}\n$/)
    expect((await run('audit query --since 2026-11-21T09:00:02Z --until 2026-11-21T09:00:02Z --json')).stdout).toMatch(/"seq":2,/)
  })

  it('is exported line for line', async () => {
    expect(await run('audit export --person alice@acme.com')).toMatchObject({ code: 0, stderr: '', stdout: `${world.store.records[0]?.line}\n` })
    expect(world.named('admin.exported')).toMatchObject([{ user: { id: OLIVIA.id }, reason: 'person alice@acme.com' }])
  })

  it('is followed, over an end of the connection, each record once', async () => {
    const tail = user.start(['audit', 'tail', '--remote', '-f', '--json', '--lines', '1'])
    await tail.says(/"seq":2,/, 'stdout')
    world.live(record(3, {}))
    await tail.says(/"seq":3,/, 'stdout')
    world.cut()
    await tail.says(/trying again/)
    world.live(record(4, {}))
    await tail.says(/"seq":4,/, 'stdout')
    await expect.poll(() => world.listeners.size).toBe(1)
    world.live(record(5, {}))
    await tail.says(/"seq":5,/, 'stdout')
    tail.signal('SIGINT')
    const { code, stdout } = await tail.ended
    expect({ code, seqs: stdout.split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { seq: number }).seq) }).toEqual({ code: 0, seqs: [2, 3, 4, 5] })
  })

  it('ends being followed with the role of the one who follows: exit 77', async () => {
    const tail = user.start(['audit', 'tail', '--remote', '-f'])
    await tail.says(/api\.denied/, 'stdout')
    world.signedOut.add(OLIVIA.id)
    expect(await tail.ended).toMatchObject({ code: 77 })
    expect(world.listeners.size).toBe(0)
  })
})
