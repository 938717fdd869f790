import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { formatListenAddress, type ListenAddress } from './listen-address.ts'

const SOCKET_MODE = 0o600
const OTHERS_NOTHING = 0o177

/**
 * Opens the server. A Unix socket gets mode 0600, and one that a dead process left behind is replaced.
 * @returns the address and port that were taken: by them the egress guard knows our own listeners, whatever name was configured
 * @throws Error with one sentence that says what is in the way
 */
export async function listenAt(server: Server, address: ListenAddress): Promise<ListenAddress> {
  if (address.kind === 'unix') await removeStaleSocket(address.path)
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => reject(new Error(sentence(address, error), { cause: error }))
    server.once('error', fail)
    const opened = (): void => {
      server.off('error', fail)
      resolve()
    }
    if (address.kind === 'tcp') server.listen({ host: address.host, port: address.port }, opened)
    else listenPrivately(server, address.path, opened)
  })
  const bound = server.address()
  if (address.kind === 'unix') chmodSync(address.path, SOCKET_MODE)
  return address.kind === 'tcp' && bound !== null && typeof bound === 'object' ? { ...address, host: bound.address, port: bound.port } : address
}

/** The socket never exists with a wider mode, not even between bind and chmod. */
function listenPrivately(server: Server, path: string, opened: () => void): void {
  const before = process.umask(OTHERS_NOTHING)
  try {
    server.listen({ path }, opened)
  } finally {
    process.umask(before)
  }
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new Error(`The listener cannot use ${path}: there is something that is no socket.`)
  if (await answers(path)) throw new Error(`The listener cannot use ${path}: another program is listening there.`)
  unlinkSync(path)
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}

function sentence(address: ListenAddress, error: NodeJS.ErrnoException): string {
  const where = formatListenAddress(address)
  switch (error.code) {
    case 'EADDRINUSE':
      return `The listener cannot use ${where}: another program is listening there.`
    case 'EACCES':
      return `The listener cannot use ${where}: this user is not permitted to.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `The listener cannot use ${where}: this machine has no such address.`
    default:
      return `The listener cannot use ${where}: ${error.code ?? 'the system refused'}.`
  }
}
