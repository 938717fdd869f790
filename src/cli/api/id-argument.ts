import { InvalidArgumentError } from 'commander'
import { parseAgentId, parseId, parsePersonId } from '../../model/ids.ts'

function one<T extends string>(parse: (text: string) => T | undefined, form: string): (text: string) => T {
  return (text) => {
    const id = parse(text)
    if (id === undefined) throw new InvalidArgumentError(form)
    return id
  }
}

/** For commander: ids, with the prefix of agents and people left out where one likes. */
export const agentArgument = one((text) => parseAgentId(text.startsWith('agent:') ? text : `agent:${text}`), 'It has the form agent:pr-reviewer.')
export const personArgument = one((text) => parsePersonId(text.startsWith('user:') ? text : `user:${text}`), 'It has the form user:alice@acme.com.')
export const delegationArgument = one((text) => parseId('dlg', text), 'It has the form dlg_….')
export const sessionArgument = one((text) => parseId('ses', text), 'It has the form ses_….')
export const connectionArgument = one((text) => parseId('con', text), 'It has the form con_….')
export const approvalArgument = one((text) => parseId('apr', text), 'It has the form apr_….')

/** The id as a segment of a path. */
export function segment(id: string): string {
  return encodeURIComponent(id)
}
