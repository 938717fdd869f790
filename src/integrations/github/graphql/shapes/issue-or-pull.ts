import { shape, type Shape } from '../shape.ts'
import { issue } from './issue-shapes.ts'
import { pull } from './pull-shapes.ts'

/** An interface or a union of both. Which of them it is, only the answer tells: a fragment on either takes its own permission. */
export function issueOrPull(type: string, leaves = ''): Shape {
  return shape(type, leaves, {}, [withOwnNeed(issue, 'issues:read'), withOwnNeed(pull, 'pull_requests:read')])
}

function withOwnNeed(of: Shape, need: string): Shape {
  return { ...of, fields: new Map([...of.fields].map(([name, rule]) => [name, { ...rule, needs: [...rule.needs, need] }])) }
}
