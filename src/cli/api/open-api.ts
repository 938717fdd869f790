import { readTextFile } from './read-text-file.ts'
import type { Clock } from '../../lib/clock.ts'
import { EXIT_CONFIG } from '../process-text.ts'
import { ApiClient, type TokenSource } from './api-client.ts'
import type { ApiDeps, ApiOptions } from './api-deps.ts'
import { parseAuthorityUrl } from './authority-url.ts'
import { CommandFailure, EXIT_REFUSED } from './command-failure.ts'
import { changeLogins, readLogins, withLogin, type Login } from './logins.ts'
import { refreshTokens } from './oauth.ts'

/** A token that ends so soon is renewed before it is used. */
const EARLY_MS = 30_000

/**
 * The admin API that this command asks: the named authority, else that of `POSTERN_URL`, else the one that was signed in at last.
 * @throws CommandFailure
 */
export function openApi(options: ApiOptions, deps: ApiDeps): ApiClient {
  trustGiven(options, deps)
  const named = namedUrl(options, deps)
  const { POSTERN_TOKEN: token } = deps.env
  if (token !== undefined && token !== '') return new ApiClient(forToken(named), fixed(token))
  const logins = readLogins(deps.loginsFile)
  const url = named ?? logins.current
  if (url === undefined || logins.byUrl[url] === undefined) {
    throw new CommandFailure(EXIT_REFUSED, `nobody is signed in${url === undefined ? '' : ` at ${url}`}: use "postern login --url ${url ?? 'URL'}", or set POSTERN_URL and POSTERN_TOKEN`)
  }
  return new ApiClient(url, loggedIn(url, deps.loginsFile, deps.clock))
}

/** The authority that is named for this command, or for all of them. @throws CommandFailure where `POSTERN_URL` is none */
export function namedUrl({ url }: ApiOptions, { env }: Pick<ApiDeps, 'env'>): string | undefined {
  const { POSTERN_URL: text } = env
  if (url !== undefined || text === undefined || text === '') return url
  const parsed = parseAuthorityUrl(text)
  if (parsed === undefined) throw new CommandFailure(EXIT_CONFIG, 'POSTERN_URL is no origin such as https://postern.acme.com (http:// on this machine only)')
  return parsed
}

/** Trusts what `--ca` names. @throws CommandFailure */
export function trustGiven({ ca }: ApiOptions, deps: ApiDeps): void {
  if (ca !== undefined) deps.trust(readTextFile(ca))
}

/** A token that was handed over is for one authority, and must not be shown to whichever was signed in at last. */
function forToken(url: string | undefined): string {
  if (url === undefined) throw new CommandFailure(EXIT_CONFIG, 'POSTERN_TOKEN is set, but not for which authority: set POSTERN_URL too, or use --url')
  return url
}

function fixed(token: string): TokenSource {
  return { current: () => Promise.resolve(token), renewed: () => Promise.resolve(undefined) }
}

function loggedIn(url: string, file: string, clock: Clock): TokenSource {
  const stored = (): Login | undefined => readLogins(file).byUrl[url]
  return {
    current: async () => {
      const login = stored()
      if (login === undefined) throw new CommandFailure(EXIT_REFUSED, `nobody is signed in at ${url} any more: use "postern login"`)
      return login.expiresAtMs - EARLY_MS > clock.nowMs() ? login.accessToken : (await renewed(login.accessToken)) ?? login.accessToken
    },
    renewed: () => {
      const login = stored()
      return login === undefined ? Promise.resolve(undefined) : renewed(login.accessToken)
    },
  }

  /** @param used of several commands at once the first renews it, and the others take what it got */
  function renewed(used: string): Promise<string | undefined> {
    return changeLogins(file, async (logins) => {
      const login = logins.byUrl[url]
      if (login === undefined) return [logins, undefined]
      if (login.accessToken !== used) return [logins, login.accessToken]
      if (login.refreshToken === undefined) return [logins, undefined]
      const tokens = await refreshTokens(url, clock, login.refreshToken)
      const after = withLogin(logins, url, { person: login.person, ...tokens })
      return [{ ...after, current: logins.current }, tokens.accessToken]
    })
  }
}
