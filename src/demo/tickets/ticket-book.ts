/** A ticket of the internal tracker. */
export interface Ticket {
  readonly id: string
  readonly title: string
  readonly status: 'open' | 'done'
  readonly comments: TicketComment[]
}

export interface TicketComment {
  readonly id: string
  readonly text: string
  readonly createdAt: string
}

/** The tickets as they are at start; new objects each time. */
export function seedTickets(): readonly Ticket[] {
  return [
    { id: 'T-1', title: 'Rotate the signing keys', status: 'open', comments: [] },
    { id: 'T-2', title: 'Webhook retries twice', status: 'open', comments: [] },
    { id: 'T-3', title: 'Archive last year', status: 'done', comments: [] },
  ]
}
