import type { ComponentChildren, JSX } from 'preact'
import { Link } from '../app/link.tsx'
import { Badge } from './badge.tsx'
import { FileName } from './file-name.tsx'

/** One of the three that all must allow. */
export interface LayerTold {
  readonly effect: string
  readonly reason?: string | undefined
  readonly rule?: { readonly id: string; readonly file?: string | undefined; readonly line?: number | undefined } | null | undefined
}

const NAMES = { org_policy: 'Organisation policy', user_consent: 'The person’s consent', agent_permissions: 'The agent’s permissions' } as const
export type LayerName = keyof typeof NAMES
const TONES: Readonly<Record<string, 'good' | 'bad' | 'warn'>> = { allow: 'good', deny: 'bad', ask: 'warn' }

export interface LayersProps {
  readonly layers: Readonly<Partial<Record<LayerName, LayerTold>>>
  /** The one that decided. */
  readonly decidedBy?: string | undefined
  /** Leads to a rule's place in its file. */
  readonly hrefOf?: ((file: string, line: number) => string) | undefined
}

/** The three layers, each with what it said and why. */
export function Layers({ layers, decidedBy, hrefOf }: LayersProps): JSX.Element {
  return <ol class="layers">{(Object.keys(NAMES) as LayerName[]).map((name) => {
    const layer = layers[name]
    return <li key={name} class={decidedBy === name ? 'layer layer-decided' : 'layer'}>
      <div class="layer-head"><h3>{NAMES[name]}</h3>{layer === undefined ? <Badge>not told</Badge> : <Badge tone={TONES[layer.effect] ?? 'plain'}>{layer.effect.replaceAll('_', ' ')}</Badge>}
        {decidedBy === name && <span class="small muted">decided</span>}</div>
      {layer?.reason !== undefined && <p><bdi>{layer.reason}</bdi></p>}
      {layer?.rule !== undefined && layer.rule !== null && <p class="small">{ruleText(layer.rule, hrefOf)}</p>}
    </li>
  })}</ol>
}

function ruleText({ id, file, line }: NonNullable<LayerTold['rule']>, hrefOf: LayersProps['hrefOf']): ComponentChildren {
  if (file === undefined || line === undefined) return <>Rule <code>{id}</code></>
  const place = <FileName file={file} line={line} />
  return <>Rule <code>{id}</code>, {hrefOf === undefined ? place : <Link href={hrefOf(file, line)}>{place}</Link>}</>
}
