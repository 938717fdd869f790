import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, type Clock } from '../lib/clock.ts'
import { startGithub, type Github } from './github/start-github.ts'
import { makeStandInCa } from './server/certificates.ts'
import { startSlack, type Slack } from './slack/start-slack.ts'
import { startTickets, type Tickets } from './tickets/start-tickets.ts'

const SECRET_FILE_MODE = 0o600
const FOLDER_MODE = 0o700

export interface DemoWorldOptions {
  /** Where the secrets are put as files, each 0600, so that a configuration can refer to them; absent for none. */
  readonly stateDirectory?: string
  readonly clock?: Clock
  /** GitHub's site also without TLS: for browsers on this machine. */
  readonly plaintextSites?: boolean
}

/** All upstreams of the demo, behind one authority of their own. New at each start: nothing outlives `close()`. */
export interface DemoWorld {
  readonly caPem: string
  readonly github: Github
  readonly slack: Slack
  readonly tickets: Tickets
  /** Paths of the files; undefined where no directory was given. */
  readonly files: DemoFiles | undefined
  /** Every secret of every upstream. */
  canaries(): readonly string[]
  close(): Promise<void>
}

/** What a configuration refers to as `{ file: … }`. */
export interface DemoFiles {
  readonly ca: string
  readonly githubAppKey: string
  readonly githubClientSecret: string
  readonly slackClientSecret: string
  readonly slackRefreshToken: string
  readonly slackAccessToken: string
  readonly ticketsKey: string
  readonly ticketsClientSecret: string
}

/** Starts GitHub, Slack and the internal API on free ports. Where one cannot start, none is left running. */
export async function startDemoWorld(options: DemoWorldOptions = {}): Promise<DemoWorld> {
  const started: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(upstream: T): T => {
    started.push(upstream)
    return upstream
  }
  const close = async (): Promise<void> => {
    await Promise.all(started.map((upstream) => upstream.close()))
  }
  try {
    const shared = { ca: await makeStandInCa(), clock: options.clock ?? systemClock }
    const github = keep(await startGithub({ ...shared, plaintext: options.plaintextSites === true }))
    const slack = keep(await startSlack(shared))
    const tickets = keep(await startTickets(shared))
    const upstreams = { caPem: shared.ca.certificatePem, github, slack, tickets }
    const files = options.stateDirectory === undefined ? undefined : await writeFiles(options.stateDirectory, upstreams)
    const canaries = (): readonly string[] => [...github.canaries(), ...slack.canaries(), ...tickets.canaries()]
    return { ...upstreams, files, canaries, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function writeFiles(directory: string, world: Pick<DemoWorld, 'caPem' | 'github' | 'slack' | 'tickets'>): Promise<DemoFiles> {
  await mkdir(directory, { recursive: true, mode: FOLDER_MODE })
  const put = async (name: string, content: string): Promise<string> => {
    const path = join(directory, name)
    // an older file would keep its own mode, and a link would be followed
    await rm(path, { force: true })
    await writeFile(path, content, { mode: SECRET_FILE_MODE, flag: 'wx' })
    return path
  }
  return {
    ca: await put('upstream-ca.pem', world.caPem),
    githubAppKey: await put('github-app.pem', world.github.app.privateKeyPem),
    githubClientSecret: await put('github-client-secret', world.github.oauth.clientSecret),
    slackClientSecret: await put('slack-client-secret', world.slack.client.secret),
    slackRefreshToken: await put('slack-refresh-token', world.slack.installation.bot.refreshToken),
    slackAccessToken: await put('slack-access-token', world.slack.installation.bot.accessToken),
    ticketsKey: await put('tickets-key', world.tickets.key),
    ticketsClientSecret: await put('tickets-client-secret', world.tickets.oauth.clientSecret),
  }
}
