/** A channel and what was said in it. */
export interface Channel {
  readonly id: string
  readonly name: string
  readonly isPrivate: boolean
  /** Whether the app is in it: others it cannot post to or read. */
  readonly isMember: boolean
  readonly topic: string
  /** Oldest first. */
  readonly messages: Message[]
}

export interface Message {
  /** Seconds with six decimals: unique in a channel, and its id there. */
  readonly ts: string
  readonly user: string
  readonly threadTs: string | undefined
  text: string
  editedTs: string | undefined
  readonly reactions: { readonly name: string; readonly users: string[] }[]
}

export interface Member {
  readonly id: string
  readonly name: string
  readonly realName: string
  readonly isBot: boolean
}

/** A file on its way: announced, uploaded, completed. */
export interface UploadedFile {
  readonly id: string
  readonly name: string
  readonly sizeBytes: number
  state: 'announced' | 'uploaded' | 'completed'
  title: string
}

/** One Slack workspace. */
export interface Workspace {
  readonly team: { readonly id: string; readonly name: string; readonly url: string }
  readonly appId: string
  readonly botUser: Member
  readonly installer: Member
  readonly channels: readonly Channel[]
  readonly members: readonly Member[]
  /** By id. */
  readonly files: Map<string, UploadedFile>
}

/** The workspace as it is at start; new objects each time. */
export function seedWorkspace(): Workspace {
  const botUser: Member = { id: 'U0POSTERN', name: 'postern', realName: 'Postern', isBot: true }
  const installer: Member = { id: 'U0ALICE', name: 'alice', realName: 'Alice Chen', isBot: false }
  const bob: Member = { id: 'U0BOB', name: 'bob', realName: 'Bob Diaz', isBot: false }
  return {
    team: { id: 'T0ACME', name: 'Acme', url: 'https://acme-corp.slack.com/' },
    appId: 'A0POSTERN',
    botUser,
    installer,
    members: [botUser, installer, bob],
    files: new Map(),
    channels: [
      channel('C0GENERAL', 'general', 'Everybody', { greeting: 'Welcome.' }),
      channel('C0ENGINEER', 'engineering', 'How things are built', { greeting: 'Deploys are frozen on Friday.' }),
      channel('C0CODEREVIEW', 'code-review', 'Who looks at what', { greeting: 'Pull request 42 needs eyes.' }),
      channel('C0RANDOM', 'random', 'Anything', { isMember: false }),
      channel('C0BOARD', 'board', 'Private', { isPrivate: true, isMember: false }),
    ],
  }
}

interface ChannelSeed {
  readonly greeting?: string
  readonly isMember?: boolean
  readonly isPrivate?: boolean
}

function channel(id: string, name: string, topic: string, { greeting, isMember = true, isPrivate = false }: ChannelSeed): Channel {
  const common = { ts: '1700000000.000100', user: 'U0BOB', threadTs: undefined, editedTs: undefined, reactions: [] }
  return { id, name, topic, isMember, isPrivate, messages: greeting === undefined ? [] : [{ ...common, text: greeting }] }
}
