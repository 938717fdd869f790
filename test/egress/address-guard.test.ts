import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { addressGuard, isCidr } from '../../src/egress/address-guard.ts'

const none = () => []

describe('the address guard', () => {
  const plain = addressGuard([], none)

  for (const address of [
    '0.0.0.0', '10.0.0.1', '10.255.255.255', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.1.1', '172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1',
    '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.51.100.1', '203.0.113.9', '224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255',
    '::', '::1', 'fe80::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '100::1', '5f00::1',
    '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1',
  ]) {
    it(`refuses ${address}`, () => expect(plain.refusal(address, 443)).toEqual(expect.any(String)))
  }

  for (const address of ['8.8.8.8', '140.82.112.3', '172.32.0.1', '100.128.0.1', '198.20.0.1', '2606:50c0:8000::153', '2a00:1450:4001::1']) {
    it(`lets ${address} through`, () => expect(plain.refusal(address, 443)).toBeUndefined())
  }

  for (const text of ['', 'localhost', '127.1', '0x7f000001', '2130706433', '017700000001', '127.0.0.1\0', 'fe80::1%eth0', '[::1]']) {
    it(`takes ${JSON.stringify(text)} for no address at all`, () => expect(plain.refusal(text, 443)).toBe('not an IP address'))
  }

  it('opens just the range that an integration names', () => {
    const guard = addressGuard(['10.1.0.0/16', 'fd00:aaaa::/32'], none)
    expect(guard.refusal('10.1.2.3', 443)).toBeUndefined()
    expect(guard.refusal('10.2.0.1', 443)).toBe('a special-use address')
    expect(guard.refusal('fd00:aaaa::7', 443)).toBeUndefined()
    expect(guard.refusal('fd00:aaab::7', 443)).toBe('not a global unicast address')
  })

  it('never opens a metadata address, whatever range is named', () => {
    const guard = addressGuard(['0.0.0.0/0', '::/0'], none)
    for (const address of ['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254']) {
      expect(guard.refusal(address, 80)).toBe('a cloud metadata address')
    }
  })

  it('never dials what this process listens on, also where the range is open', () => {
    const guard = addressGuard(['127.0.0.0/8'], () => [{ address: '127.0.0.1', port: 8080 }, { address: '0.0.0.0', port: 9090 }])
    expect(guard.refusal('127.0.0.1', 8080)).toBe('an address this proxy itself listens on')
    expect(guard.refusal('127.0.0.9', 9090)).toBe('an address this proxy itself listens on')
    expect(guard.refusal('127.0.0.1', 8081)).toBeUndefined()
  })

  it.each(['0.0.0.0', '::'])('listening on %s is listening on this machine, not on every upstream’s port', (address) => {
    const guard = addressGuard(['0.0.0.0/0', '::/0'], () => [{ address, port: 443 }])
    expect([guard.refusal('140.82.112.6', 443), guard.refusal('2606:50c0:8000::153', 443)]).toEqual([undefined, undefined])
    const own = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? []).map((one) => one.address)
    for (const one of ['0.0.0.0', '127.0.0.1', '::', '::1', ...own]) expect([one, guard.refusal(one, 443)]).toEqual([one, 'an address this proxy itself listens on'])
  })

  it('takes only CIDR for a range', () => {
    for (const good of ['10.0.0.0/8', '::1/128', '0.0.0.0/0']) expect(isCidr(good)).toBe(true)
    for (const bad of ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '::1/129', '10.0.0.0/08', '10.0.0.0/8/8', 'a/8', '::ffff:10.0.0.0/104']) expect(isCidr(bad)).toBe(false)
    expect(() => addressGuard(['10.0.0.0/40'], none)).toThrow(TypeError)
  })
})
