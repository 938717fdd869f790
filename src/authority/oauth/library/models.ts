import type { Adapter, AdapterPayload } from 'oidc-provider'
import { clientModel } from './client-model.ts'
import { DeviceCodeModel } from './device-code-model.ts'
import { GrantModel } from './grant-model.ts'
import type { GrantModelOptions } from './grant-model.ts'
import { noModel } from './no-model.ts'
import { OnceModel } from './once-model.ts'
import { PushedRequestModel } from './pushed-request-model.ts'
import { RefreshTokenModel } from './refresh-token-model.ts'
import { StoredModel } from './stored-model.ts'
import type { PollPace } from '../poll-pace.ts'
import type { RefreshRotation } from '../refresh-rotation.ts'

export interface ModelOptions extends GrantModelOptions {
  readonly rotation: RefreshRotation
  readonly pace: PollPace
  clientMetadata(clientId: string): AdapterPayload | undefined
}

/** The library's storage, model by model. What it does not use here is not stored, either. */
export function libraryModels(options: ModelOptions): (name: string) => Adapter {
  return (name) => {
    switch (name) {
      case 'Client': return clientModel((id) => options.clientMetadata(id))
      case 'Grant': return new GrantModel(options)
      case 'RefreshToken': return new RefreshTokenModel(options)
      case 'DeviceCode': return new DeviceCodeModel(options)
      case 'ReplayDetection': return new OnceModel(name, options)
      case 'PushedAuthorizationRequest': return new PushedRequestModel(name, options)
      case 'AuthorizationCode':
      case 'AccessToken':
      case 'Interaction': return new StoredModel(name, options)
      default: return noModel
    }
  }
}
