import { Command } from 'commander'
import { ApiClient } from './api/api-client.ts'
import type { ApiDeps, ApiOptions } from './api/api-deps.ts'
import { asking, show } from './api/ask.ts'
import { CommandFailure } from './api/command-failure.ts'
import { changeLogins, readLogins, withLogin, withoutLogin } from './api/logins.ts'
import { revokeToken, type Tokens } from './api/oauth.ts'
import { namedUrl, trustGiven } from './api/open-api.ts'
import { signInByBrowser, signInByDevice } from './api/sign-in.ts'
import { details } from './output/table.ts'
import { EXIT_UNAVAILABLE, EXIT_USAGE } from './process-text.ts'

interface LoginOptions extends ApiOptions {
  readonly device?: boolean
  readonly browser: boolean
}

interface Me {
  readonly id: string
  readonly name: string | null
  readonly roles: readonly string[]
  readonly break_glass: boolean
}

/** `postern login`: signs in at an authority, for the commands that ask it. */
export function loginCommand(deps: ApiDeps): Command {
  return asking(new Command('login').description('sign in at an authority, for the commands that ask it'))
    .option('--device', 'without a browser on this machine: confirm a code on another')
    .option('--no-browser', 'print the page’s address, and open nothing')
    .action(async (options: LoginOptions) => {
      trustGiven(options, deps)
      const url = namedUrl(options, deps) ?? readLogins(deps.loginsFile).current
      if (url === undefined) throw new CommandFailure(EXIT_USAGE, 'name the authority: postern login --url https://postern.acme.com')
      // Before anybody signs in: a file that cannot be used would cost them a second time.
      readLogins(deps.loginsFile)
      const tokens = await (options.device === true ? signInByDevice(url, deps) : signInByBrowser(url, options.browser, deps))
      const me = await whoIs(url, tokens)
      await changeLogins(deps.loginsFile, (logins) => Promise.resolve([withLogin(logins, url, { person: me.id, ...tokens }), undefined]))
      deps.stdout.write(options.json === true ? `${JSON.stringify({ url, ...me }, undefined, 2)}\n` : meText(url, me))
    })
}

/** `postern logout`: forgets a login, here and at the authority. */
export function logoutCommand(deps: ApiDeps): Command {
  return asking(new Command('logout').description('forget a login, here and at the authority'))
    .action(async (options: ApiOptions) => {
      trustGiven(options, deps)
      const url = namedUrl(options, deps) ?? readLogins(deps.loginsFile).current
      const gone = await changeLogins(deps.loginsFile, (logins) => {
        const login = url === undefined ? undefined : logins.byUrl[url]
        return Promise.resolve(url === undefined || login === undefined ? [logins, undefined] : [withoutLogin(logins, url), { url, login }])
      })
      if (gone === undefined) return void deps.stdout.write('nobody was signed in\n')
      await revokeAtAuthority(gone.url, gone.login)
      deps.stdout.write(`${gone.login.person} is signed out at ${gone.url}\n`)
    })
}

/** `postern whoami`: who the commands act as. */
export function whoamiCommand(deps: ApiDeps): Command {
  return asking(new Command('whoami').description('say who you are at the authority'))
    .action((options: ApiOptions) => {
      let url = ''
      return show<Me>(options, deps, (api) => {
        url = api.url
        return api.get('/v1/me')
      }, (me) => meText(url, me))
    })
}

function whoIs(url: string, { accessToken }: Tokens): Promise<Me> {
  return new ApiClient(url, { current: () => Promise.resolve(accessToken), renewed: () => Promise.resolve(undefined) }).get<Me>('/v1/me')
}

/** They are forgotten here already: what is left at the authority ends by time. */
async function revokeAtAuthority(url: string, { accessToken, refreshToken }: Pick<Tokens, 'accessToken' | 'refreshToken'>): Promise<void> {
  try {
    if (refreshToken !== undefined) await revokeToken(url, refreshToken)
    await revokeToken(url, accessToken)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unknown'
    throw new CommandFailure(EXIT_UNAVAILABLE, `the login is forgotten here, but the authority could not be told: ${why}`, { cause })
  }
}

function meText(url: string, { id, name, roles, break_glass: lent }: Me): string {
  return details([['signed in', name === null ? id : `${id} (${name})`], ['at', url], ['as', `${roles.join(', ')}${lent ? ' (operator by break-glass)' : ''}`]])
}
