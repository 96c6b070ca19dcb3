import { useQuery } from '@tanstack/react-query'
import { about } from '../../api/queries'
import type { Decoding as CardDecoding } from '../../api/schema'
import { SamplingRows, type Draw } from '../../ui/SamplingRows'

const FALLBACK_TOKENS = 4096
const FALLBACK_TEMPERATURE = 2

/** The card's own decoding as the numbers of the panel. */
export function drawOf(decoding: CardDecoding): Draw {
  return {
    temperature: decoding.temperature,
    top_p: decoding.top_p ?? 1,
    top_k: decoding.top_k,
    repetition_penalty: decoding.repetition_penalty ?? 1,
    max_tokens: decoding.max_tokens,
    seed: null,
  }
}

/** Only what the person changed is sent: the rest stays the card's. */
export function changedFrom(decoding: CardDecoding, draw: Draw): Record<string, number> {
  const own = drawOf(decoding)
  const changed = Object.entries(draw).filter(([name, value]) => value !== null && value !== own[name as keyof Draw])
  return Object.fromEntries(changed) as Record<string, number>
}

export function CardParameters({ draw, onChange }: { draw: Draw; onChange: (draw: Draw) => void }) {
  const { data } = useQuery(about())
  return (
    <div className="parameters">
      <SamplingRows
        draw={draw}
        onChange={(part) => onChange({ ...draw, ...part })}
        maxTokens={data?.model?.context_tokens ?? FALLBACK_TOKENS}
        maxTemperature={data?.limits.max_temperature ?? FALLBACK_TEMPERATURE}
      />
    </div>
  )
}
