import type { Answer } from '../../server/call.ts'
import { emptyReply, jsonReply } from '../../server/reply.ts'
import type { Installation } from '../app-registration.ts'
import { readNarrowing } from '../narrowing.ts'
import { page } from '../pagination.ts'
import { failure, notFound, resource } from '../replies.ts'
import { renderAccount, renderRepository, timestamp } from '../render.ts'
import { appRoute, installationRoute, isRefused, readBodyObject, type GithubRoute, type Visit } from '../route.ts'
import { findRepository, repositoriesOf } from '../world.ts'

/** The app looks at itself and its installations, and gets tokens; tokens end themselves. */
export const appRoutes: readonly GithubRoute[] = [
  appRoute('GET', '/app', (visit) => resource(visit.call, renderApp(visit))),
  appRoute('GET', '/app/installations', (visit) => page(visit.call, visit.world.installations, (one) => renderInstallation(one, visit))),
  appRoute('GET', '/app/installations/{installation_id}', (visit) => found(visit, byId(visit))),
  appRoute('POST', '/app/installations/{installation_id}/access_tokens', issueToken),
  appRoute('GET', '/repos/{owner}/{repo}/installation', (visit) => found(visit, ofRepository(visit))),
  appRoute('GET', '/orgs/{org}/installation', (visit) => found(visit, ofAccount(visit, 'Organization', visit.parameters['org']))),
  appRoute('GET', '/users/{username}/installation', (visit) => found(visit, ofAccount(visit, undefined, visit.parameters['username']))),
  installationRoute('DELETE', '/installation/token', (visit) => {
    visit.world.tokens.revoke(visit.token)
    return emptyReply(204)
  }),
  installationRoute('GET', '/installation/repositories', (visit) => {
    const repositories = repositoriesOf(visit.world, visit.token.repositoryIds)
    return page(visit.call, repositories, (one) => renderRepository(one, visit.call.origin), (shown) => ({
      total_count: repositories.length,
      repository_selection: visit.token.selection,
      repositories: shown,
    }))
  }),
]

function issueToken(visit: Visit): Answer {
  const installation = byId(visit)
  if (installation === undefined) return notFound()
  if (installation.suspended) return failure(403, 'This installation has been suspended')
  const body = readBodyObject(visit.call)
  if (isRefused(body)) return body.refused
  const narrowing = readNarrowing(body, installation, visit.world)
  if ('refused' in narrowing) return narrowing.refused
  const token = visit.world.tokens.issue({ ...narrowing, installation, selection: 'selected' })
  const repositories = repositoriesOf(visit.world, token.repositoryIds).map((one) => renderRepository(one, visit.call.origin))
  return jsonReply(201, {
    token: token.value,
    expires_at: timestamp(token.expiresAtMs),
    permissions: token.permissions,
    repository_selection: token.selection,
    ...(narrowing.named ? { repositories } : {}),
  })
}

function found(visit: Visit, installation: Installation | undefined): Answer {
  return installation === undefined ? notFound() : resource(visit.call, renderInstallation(installation, visit))
}

function byId(visit: Visit): Installation | undefined {
  return visit.world.installations.find((one) => String(one.id) === visit.parameters['installation_id'])
}

function ofRepository(visit: Visit): Installation | undefined {
  const { owner = '', repo = '' } = visit.parameters
  const repository = findRepository(visit.world, owner, repo)
  return visit.world.installations.find((one) => repository !== undefined && one.repositoryIds.includes(repository.id))
}

function ofAccount(visit: Visit, type: 'Organization' | undefined, login: string | undefined): Installation | undefined {
  return visit.world.installations.find(
    ({ account }) => account.login.toLowerCase() === login?.toLowerCase() && (type === undefined || account.type === type),
  )
}

function renderApp(visit: Visit): object {
  const { app, installations } = visit.world
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    name: app.name,
    html_url: `https://github.com/apps/${app.slug}`,
    permissions: app.permissions,
    events: [],
    installations_count: installations.length,
  }
}

function renderInstallation(installation: Installation, visit: Visit): object {
  const { origin } = visit.call
  return {
    id: installation.id,
    account: renderAccount(installation.account, origin),
    app_id: visit.world.app.id,
    app_slug: visit.world.app.slug,
    client_id: visit.world.app.clientId,
    target_id: installation.account.id,
    target_type: installation.account.type,
    permissions: installation.permissions,
    events: [],
    repository_selection: 'selected',
    access_tokens_url: `${origin}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${origin}/installation/repositories`,
    html_url: `https://github.com/organizations/${installation.account.login}/settings/installations/${installation.id}`,
    suspended_at: installation.suspended ? timestamp(visit.world.clock.nowMs()) : null,
    suspended_by: null,
  }
}
