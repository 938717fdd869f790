/** Which members belong to which group; groups without members are not kept. */
export class GroupIndex<Group, Member> {
  readonly #groups = new Map<Group, Set<Member>>()

  add(group: Group, member: Member): void {
    const members = this.#groups.get(group)
    if (members === undefined) this.#groups.set(group, new Set([member]))
    else members.add(member)
  }

  delete(group: Group, member: Member): void {
    const members = this.#groups.get(group)
    if (members?.delete(member) === true && members.size === 0) this.#groups.delete(group)
  }

  count(group: Group): number {
    return this.#groups.get(group)?.size ?? 0
  }

  /** A copy: it may change while it is walked. */
  of(group: Group): Member[] {
    return [...(this.#groups.get(group) ?? [])]
  }

  groups(): Group[] {
    return [...this.#groups.keys()]
  }
}
