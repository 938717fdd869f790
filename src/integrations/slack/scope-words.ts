import type { Access } from '../../model/operation.ts'
import type { Power, ScopeWords } from '../scope-words.ts'

const SENTENCES: Readonly<Record<string, string>> = {
  'chat:write': 'Post, edit and delete its own messages, in conversations that it is a member of',
  'chat:write.public': 'Post in public channels without being a member',
  'chat:write.customize': 'Post under another name and picture',
  'channels:history': 'Read messages in public channels',
  'groups:history': 'Read messages in private channels',
  'im:history': 'Read direct messages',
  'mpim:history': 'Read group direct messages',
  'channels:read': 'See public channels and who is in them',
  'groups:read': 'See private channels that it is in, and who else is',
  'im:read': 'See with whom direct messages are exchanged',
  'mpim:read': 'See who is in group direct messages',
  'channels:join': 'Join public channels',
  'channels:manage': 'Create, rename and archive public channels, and remove people from them',
  'groups:write': 'Create, rename and archive private channels, and remove people from them',
  'files:read': 'Read files that were shared',
  'files:write': 'Upload, change and delete files',
  'reactions:read': 'See reactions to messages',
  'reactions:write': 'Add and remove reactions',
  'users:read': 'See the people of the workspace',
  'users:read.email': 'See the e-mail addresses of the people of the workspace',
  'users.profile:write': 'Change your profile and status',
  'search:read': 'Search everything that you can see: messages, private ones too, and files',
  'search:read.public': 'Search messages in public channels',
  'pins:write': 'Pin and unpin messages',
  'usergroups:write': 'Create and change user groups',
  'reminders:write': 'Set and delete your reminders',
}

const POWERS: readonly Power[] = [
  { words: 'administer the workspace or its members', operations: ['admin.users.remove', 'admin.users.invite', 'admin.conversations.delete'] },
  { words: 'read messages', operations: ['conversations.history', 'conversations.replies'] },
  { words: 'post messages', operations: ['chat.postMessage', 'chat.scheduleMessage'] },
  { words: 'create, rename or archive channels', operations: ['conversations.create', 'conversations.rename', 'conversations.archive'] },
  { words: 'search the workspace', operations: ['search.messages', 'search.all'] },
  { words: 'share or delete files', operations: ['files.delete', 'files.completeUploadExternal'] },
]

const READS = /:(?:history|read)(?:\.[a-z]+)?$|^(?:openid|email|profile|tokens\.basic)$/
const ADMINISTERS = /^admin\b|:manage$|^client$/

/** Slack's scopes, as people say them. */
export const slackScopeWords: ScopeWords = {
  title: 'Slack',
  can: (scope) => (Object.hasOwn(SENTENCES, scope) ? SENTENCES[scope] : undefined) ?? byName(scope),
  access,
  targets: { one: 'conversation', many: 'conversations', everything: 'every conversation that it can reach' },
  powers: POWERS,
}

function access(scope: string): Access {
  if (scope === 'channels:manage') return 'write'
  if (READS.test(scope) && !/^admin$/.test(scope)) return 'read'
  return ADMINISTERS.test(scope) ? 'admin' : 'write'
}

function byName(scope: string): string {
  const [about = scope, what = ''] = scope.split(':')
  const noun = about.replaceAll(/[._]/g, ' ')
  if (what === 'read' || what === 'history') return `Read ${noun}`
  return what === 'write' ? `Create, change and delete ${noun}` : `Use the permission ${scope}`
}
