import type { CanonicalRequest } from '../../http/request.ts'
import { type Denial, deny, isDenial } from '../../model/denial.ts'
import type { Operation } from '../../model/operation.ts'
import type { Catalogue, Match, Origin } from '../integration.ts'
import { queryArguments, type SlackArguments, withBodyArguments } from './arguments.ts'
import { METHODS, type SlackMethod } from './catalogue/method-rows.ts'
import { type ChannelNames, NO_CHANNEL_NAMES } from './channel-names.ts'
import { channelTargets } from './channel-targets.ts'
import { neededScopes } from './needed-scopes.ts'

/** Where Slack is: its API, and the host that takes the bytes of uploads. */
export interface SlackOrigins {
  readonly api: Origin
  readonly upload: Origin
}

/** Carries an upload's bytes, between `files.getUploadURLExternal` and `files.completeUploadExternal`; Slack has no name for it. */
export const UPLOAD_OPERATION = 'files.uploadExternal'

const API_PATH = /^\/api\/([A-Za-z0-9_.]{1,100})$/
const UPLOAD_PATH = /^\/upload\/v1\/[A-Za-z0-9._~%=+-]{1,4096}$/
const BODY_TYPES = ['application/x-www-form-urlencoded', 'application/json']
const BODY_HINT = 'Send the arguments as application/x-www-form-urlencoded or application/json.'

/** Knows Slack's methods, and reads from query and body which conversations they name. */
export class SlackCatalogue implements Catalogue {
  readonly #integration: string
  readonly #origins: SlackOrigins
  readonly #channels: ChannelNames

  constructor(integration: string, origins: SlackOrigins, channels: ChannelNames = NO_CHANNEL_NAMES) {
    this.#integration = integration
    this.#origins = origins
    this.#channels = channels
  }

  match(request: CanonicalRequest): Match | Denial {
    const name = isAt(request, this.#origins.api) ? API_PATH.exec(request.path)?.[1] : undefined
    const method = name === undefined ? undefined : METHODS.get(name)
    if (method !== undefined) return this.#matchMethod(method, request)
    if (isAt(request, this.#origins.upload) && UPLOAD_PATH.test(request.path)) return this.#matchUpload(request)
    return deny('operation_unknown', 'no Slack method has this path')
  }

  #matchMethod(method: SlackMethod, request: CanonicalRequest): Match | Denial {
    const refusal = refusedForm(request)
    if (refusal !== undefined) return refusal
    const query = queryArguments(request.query)
    if (isDenial(query)) return query
    const operation = this.#operation(method, query)
    if (request.framing.kind === 'none') return { operation, inspect: undefined }
    return {
      operation,
      inspect: (body) => {
        const given = withBodyArguments(query, body)
        return isDenial(given) ? given : this.#operation(method, given)
      },
    }
  }

  #operation(method: SlackMethod, given: SlackArguments): Operation {
    const targets = channelTargets(method, given, this.#channels)
    const alternatives = neededScopes(method, given, targets)
    return { integration: this.#integration, name: method.name, access: method.access, alternatives, targets, parameters: {} }
  }

  /** The URL is Slack's own and signed: it names no conversation, and the bytes reach none until the upload is completed. */
  #matchUpload(request: CanonicalRequest): Match | Denial {
    if (request.method !== 'POST') return deny('operation_unknown', 'bytes are uploaded by POST')
    const facts = { name: UPLOAD_OPERATION, access: 'write', alternatives: [['files:write']] } as const
    return { operation: { integration: this.#integration, ...facts, targets: { kind: 'none' }, parameters: {} }, inspect: undefined }
  }
}

function isAt(request: CanonicalRequest, origin: Origin): boolean {
  return request.scheme === origin.scheme && request.host === origin.host && request.port === origin.port
}

/** Arguments in any form that is not read here (multipart, a body on GET) could name a conversation that was never judged. */
function refusedForm(request: CanonicalRequest): Denial | undefined {
  if (request.method !== 'GET' && request.method !== 'POST') return deny('operation_unknown', 'Slack’s methods are called by GET or POST')
  if (request.framing.kind === 'none') return undefined
  if (request.method === 'GET') return deny('body_refused', 'a body on GET', { hint: 'Send a body with POST.' })
  const empty = request.framing.kind === 'length' && request.framing.bytes === 0
  if (empty || BODY_TYPES.includes(request.contentType ?? '')) return undefined
  return deny('body_refused', 'a content type that Slack’s arguments are not read from', { hint: BODY_HINT })
}
