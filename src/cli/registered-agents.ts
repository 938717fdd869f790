import type { Command } from 'commander'
import type { AgentView } from '../authority/admin/wire/agent.ts'
import type { ApiDeps, ApiOptions } from './api/api-deps.ts'
import { asking, listing, reasonOf, revoke, revoking, show, showList, type ListOptions, type RevokeOptions } from './api/ask.ts'
import { agentArgument, segment } from './api/id-argument.ts'
import { readTextFile } from './api/read-text-file.ts'
import { details, when, type Column } from './output/table.ts'

interface AddOptions extends ApiOptions {
  readonly name?: string
  readonly owner?: string
  readonly spiffe?: string
  readonly subject?: string
  readonly serviceAccount?: string
  readonly redirectUri?: readonly string[]
  readonly publicKey?: string
}

const COLUMNS: readonly Column<AgentView>[] = [
  ['AGENT', ({ id }) => id],
  ['NAME', ({ name }) => name],
  ['OWNER', ({ owner }) => owner],
  ['STATUS', ({ status }) => status],
  ['FROM', ({ source }) => source],
]

/** `postern agent add|list|show|revoke|restore`: the agents that the authority knows. */
export function addAgentCommands(command: Command, deps: ApiDeps): void {
  asking(command.command('add').description('register an agent; never overwrites one').argument('<id>', 'agent:pr-reviewer', agentArgument))
    .option('--name <text>', 'what people read on the consent screen')
    .option('--owner <text>', 'who answers for it')
    .option('--spiffe <id>', 'proved by a certificate with this SPIFFE id')
    .option('--subject <dn>', 'proved by a certificate with this subject, most specific first')
    .option('--service-account <namespace/name>', 'proved by a Kubernetes service account')
    .option('--redirect-uri <uris...>', 'where its OAuth client is answered; compared exactly')
    .option('--public-key <file>', 'verifies its OAuth client’s assertions (PEM)')
    .action((id: string, options: AddOptions) => show<AgentView>(options, deps, (api) => api.post('/v1/agents', orderOf(id, options)), agentText))
  listing(command.command('list').description('list the agents, by id'))
    .action((options: ListOptions) => showList(options, deps, '/v1/agents', {}, COLUMNS, 'There are no agents.'))
  asking(command.command('show').description('show one agent').argument('<id>', 'agent:pr-reviewer', agentArgument))
    .action((id: string, options: ApiOptions) => show<AgentView>(options, deps, (api) => api.get(`/v1/agents/${segment(id)}`), agentText))
  revoking(command.command('revoke').description('take an agent out of service; its open streams are cut').argument('<id>', 'agent:pr-reviewer', agentArgument))
    .action((id: string, options: RevokeOptions) => revoke(options, deps, `/v1/agents/${segment(id)}`))
  revoking(command.command('restore').description('put an agent back into service; what ended with it stays ended').argument('<id>', 'agent:pr-reviewer', agentArgument))
    .action((id: string, options: RevokeOptions) =>
      show<AgentView>(options, deps, (api) => api.post(`/v1/agents/${segment(id)}/restore`, reasonOf(options)), agentText))
}

function orderOf(id: string, options: AddOptions): object {
  return {
    id, name: options.name, owner: options.owner, spiffe_id: options.spiffe, subject: options.subject, service_account: options.serviceAccount,
    redirect_uris: options.redirectUri, public_key: options.publicKey === undefined ? undefined : readTextFile(options.publicKey),
  }
}

function agentText(agent: AgentView): string {
  const revoked = agent.status === 'revoked' ? ` since ${when(agent.revoked_at) ?? 'the configuration says so'}${agent.revoked_by === null ? '' : ` by ${agent.revoked_by}`}` : ''
  return details([
    ['agent', agent.id],
    ['name', agent.name],
    ['owner', agent.owner],
    ['status', `${agent.status}${revoked}${agent.revoke_reason === null ? '' : `: ${agent.revoke_reason}`}`],
    ['from', agent.source === 'registered' ? `registered by ${agent.registered_by ?? '-'} ${when(agent.created_at) ?? ''}` : 'the configuration'],
    ['spiffe id', agent.spiffe_id],
    ['subject', agent.subject],
    ['service account', agent.service_account],
    ['redirect uris', agent.redirect_uris.join(' ')],
    ['public key', agent.public_key === null ? null : 'yes (--json shows it)'],
  ])
}
