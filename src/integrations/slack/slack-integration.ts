import { type Clock, systemClock } from '../../lib/clock.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Store } from '../../store/ports/store.ts'
import type { Integration, Origin } from '../integration.ts'
import type { Issuer } from '../issuer.ts'
import type { PersonAccessOptions } from '../person-access.ts'
import { type ReauthNotice, RotatingToken } from '../rotation/rotating-token.ts'
import { ROTATION_TIMES, type RotationTimes } from '../rotation/rotation-times.ts'
import type { UpstreamHttp } from '../upstream-http.ts'
import { SlackCatalogue, type SlackOrigins } from './catalogue.ts'
import { type ChannelNames, NO_CHANNEL_NAMES } from './channel-names.ts'
import { slackDenialAnswer } from './denial-answer.ts'
import { type BotToken, SlackIssuer } from './issuer.ts'
import { importedConnection } from './imported-connection.ts'
import { refreshAtSlack } from './slack-app.ts'
import { slackUrl } from './slack-url.ts'
import { slackVocabularyWith } from './vocabulary.ts'

/** A bot token that lives until it is revoked, or one that rotates: then with the app's own credentials and an initial refresh token. */
export type SlackCredentialOptions =
  | { readonly botToken: Secret }
  | { readonly clientId: string; readonly clientSecret: Secret; readonly refreshToken: Secret }

export interface SlackOptions {
  /** The integration's key in the configuration. */
  readonly name: string
  /** Undefined where the organisation has no bot here, and only people's own tokens serve. */
  readonly credential: SlackCredentialOptions | undefined
  /** The people's side; undefined where only the bot serves. */
  readonly people?: PersonAccessOptions | undefined
  /** Slack itself where undefined. */
  readonly origins?: SlackOrigins
  /** Names by which calls and rules may call conversations. */
  readonly channels?: ChannelNames
  /** Used by rotation only. */
  readonly store: Pick<Store, 'connections'>
  readonly http: UpstreamHttp
  /** Told once, when only a person can renew the connection: for the audit event `connection.reauth_required`. */
  readonly onReauthRequired: (notice: ReauthNotice) => void
  readonly clock?: Clock
  readonly times?: Partial<RotationTimes>
}

export const SLACK_ORIGINS: SlackOrigins = {
  api: { scheme: 'https', host: 'slack.com', port: 443, basePath: '' },
  upload: { scheme: 'https', host: 'files.slack.com', port: 443, basePath: '' },
}

/** What the composition root is given. */
export interface SlackParts {
  readonly integration: Integration
  readonly issuer: Issuer
  /** Awaited before the store is closed: a token that is being rotated is stored first. */
  idle(): Promise<void>
}

/** What requests to Slack mean; needs no secret. */
export function describeSlack({ name, origins = SLACK_ORIGINS, channels = NO_CHANNEL_NAMES }: Pick<SlackOptions, 'name' | 'origins' | 'channels'>): Integration {
  return {
    name,
    origins: sameOrigin(origins.api, origins.upload) ? [origins.api] : [origins.api, origins.upload],
    catalogue: new SlackCatalogue(name, origins, channels),
    vocabulary: slackVocabularyWith(channels),
    denialAnswer: slackDenialAnswer,
    // Its SDK appends the method alone: `slackApiUrl` is https://slack.com/api/.
    apiPath: '/api',
    // Slack reads the token from the query and from forms too.
    credentialFields: ['token'],
  }
}

/** Where credentials for Slack come from: one workspace's bot token, and the tokens of people who connected their accounts. */
export function slackBotIssuer(options: SlackOptions): Omit<SlackParts, 'integration'> {
  const { origins = SLACK_ORIGINS, clock = systemClock } = options
  const times = { ...ROTATION_TIMES, ...options.times }
  const bot = botToken(options, origins, clock, times)
  const idle = (): Promise<void> => (bot?.kind === 'rotating' ? bot.token.idle() : Promise.resolve())
  return { issuer: new SlackIssuer({ bot, people: options.people, clock, times }), idle }
}

/** Slack's Web API with one workspace's bot token: both sides of it. */
export function slackIntegration(options: SlackOptions): SlackParts {
  return { integration: describeSlack(options), ...slackBotIssuer(options) }
}

function botToken(options: SlackOptions, origins: SlackOrigins, clock: Clock, times: RotationTimes): BotToken | undefined {
  const { credential, http, name, store } = options
  if (credential === undefined) return undefined
  if ('botToken' in credential) return { kind: 'static', secret: credential.botToken }
  const app = { tokenUrl: slackUrl(origins.api, '/api/oauth.v2.access'), clientId: credential.clientId, clientSecret: credential.clientSecret }
  const token = new RotatingToken({
    connections: store.connections,
    load: () => importedConnection(store.connections, { integration: name, owner: 'organisation', label: 'bot' }, credential.refreshToken),
    refresh: (refreshToken, signal) => refreshAtSlack(app, 'bot', refreshToken, http, clock, signal),
    onReauthRequired: options.onReauthRequired,
    upstream: 'Slack',
    remedy: 'Install the Slack app again.',
    clock,
    times,
  })
  return { kind: 'rotating', token }
}

function sameOrigin(one: Origin, other: Origin): boolean {
  return one.scheme === other.scheme && one.host === other.host && one.port === other.port
}
