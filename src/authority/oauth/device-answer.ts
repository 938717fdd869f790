import type { Provider } from 'oidc-provider'
import type { DeviceCode, Interaction } from 'oidc-provider'
import type { PersonId } from '../../model/ids.ts'
import { DEVICE_PATH } from './endpoints.ts'

/** How a user code looks: told to the library for making them, used by us for showing and reading them. */
export const USER_CODE_MASK = '****-****'
const LENGTH = 8

/** A stored user code as the device shows it: `BCDF-GHJK`. Pure. */
export function showUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`
}

/** What a person typed, as it is stored; undefined where it cannot be a code. Pure. */
export function readUserCode(text: string): string | undefined {
  const code = text.slice(0, 64).toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
  return code.length === LENGTH ? code : undefined
}

/** Whether a device still waits for an answer. Pure. */
export function isWaiting(device: DeviceCode | undefined): device is DeviceCode {
  return device !== undefined && device.accountId === undefined && device.error === undefined
}

/**
 * Tells a waiting device what the person decided; it learns of it at its next poll.
 * @returns where the browser goes next
 */
export async function answeredDevice(
  provider: Provider, interaction: Interaction, device: DeviceCode, person: PersonId, decided: { readonly grantId: string } | 'denied',
): Promise<string> {
  if (decided === 'denied') {
    Object.assign(device, { error: 'access_denied', errorDescription: 'the person did not approve' })
  } else {
    const { params = {} } = device
    const grant = await provider.Grant.find(decided.grantId)
    Object.assign(device, {
      accountId: person, grantId: decided.grantId, scope: params['scope'] ?? '', resource: params['resource'], rar: grant?.rar,
    })
  }
  await device.save()
  await interaction.destroy()
  return `${DEVICE_PATH}?answered=${decided === 'denied' ? 'denied' : 'approved'}`
}
