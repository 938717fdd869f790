import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

type Family = 'ipv4' | 'ipv6'

/**
 * IANA IPv4 special-purpose registry (RFC 6890 and its updates), multicast and the reserved class E.
 * Also what the registry calls globally reachable but no API lives at (AS112, AMT relays).
 */
const SPECIAL_V4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
] as const

/** Inside the one global-unicast block 2000::/3: everything outside it is refused whole (v4-mapped and NAT64 too). */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'] as const

/** Cloud metadata and platform endpoints: never dialled, whatever `allow_addresses` says. */
const METADATA = [
  '169.254.169.254/32', '169.254.170.2/32', '169.254.170.23/32', '169.254.169.253/32', '100.100.100.200/32', '168.63.129.16/32',
  '192.0.0.192/32', 'fd00:ec2::254/128', 'fd00:ec2::23/128', 'fd20:ce::254/128',
] as const

const special = blockList([...SPECIAL_V4, ...SPECIAL_V6])
const globalV6 = blockList(['2000::/3'])
const metadata = blockList(METADATA)
const loopback = blockList(['127.0.0.0/8', '::1/128'])
const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** One address and port that this process itself listens on. */
export interface OwnListener {
  /** An IP address; `0.0.0.0` and `::` stand for every address of the machine. */
  readonly address: string
  readonly port: number
}

/** Judges an address that is about to be dialled. Pure but for the own listeners and the machine's addresses. */
export interface AddressGuard {
  /** @returns why the address may not be dialled, for log and audit, or undefined where it may */
  refusal(address: string, port: number): string | undefined
}

/**
 * The guard of one integration.
 * @param allowAddresses CIDR ranges that this integration may reach although they are special-use
 * @param ownListeners read at each judgement, since ports are known only once bound
 * @throws TypeError for a range that is not CIDR
 */
export function addressGuard(allowAddresses: readonly string[], ownListeners: () => readonly OwnListener[]): AddressGuard {
  const allowed = blockList(allowAddresses)
  return {
    refusal(address, port) {
      const family = familyOf(address)
      if (family === undefined) return 'not an IP address'
      if (metadata.check(address, family)) return 'a cloud metadata address'
      if (ownListeners().some((own) => isOwn(own, address, port))) return 'an address this proxy itself listens on'
      if (allowed.check(address, family)) return undefined
      if (family === 'ipv6' && !globalV6.check(address, family)) return 'not a global unicast address'
      if (special.check(address, family)) return 'a special-use address'
      return undefined
    },
  }
}

/** @returns whether the text is a CIDR range that `allow_addresses` takes */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  const family = familyOf(address)
  if (family === undefined || rest.length > 0 || !/^(0|[1-9][0-9]{0,2})$/.test(bits)) return false
  return Number(bits) <= (family === 'ipv4' ? 32 : 128)
}

function familyOf(address: string): Family | undefined {
  if (isIPv4(address)) return 'ipv4'
  // A v4-mapped spelling would be judged by its IPv4 half in some tables and by its IPv6 half in others: refused as neither.
  return isIPv6(address) && !address.toLowerCase().startsWith('::ffff:') && !address.includes('%') ? 'ipv6' : undefined
}

function isOwn(own: OwnListener, address: string, port: number): boolean {
  if (own.port !== port) return false
  return own.address === address || (EVERY_ADDRESS.has(own.address) && isOfThisMachine(address))
}

/** What is listened on at every address is not every address: an upstream on the same port is not us. */
function isOfThisMachine(address: string): boolean {
  if (EVERY_ADDRESS.has(address) || loopback.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')) return true
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((one) => one.address === address))
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    if (!isCidr(range)) throw new TypeError(`not a CIDR range: ${range}`)
    const [address, bits] = range.split('/') as [string, string]
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6')
  }
  return list
}
