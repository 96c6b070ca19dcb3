import { useState, type KeyboardEvent } from 'react'
import type { Token } from '../../api/completions'
import { useLanguage } from '../../i18n/language'
import { Bars } from '../../ui/Bars'
import { joinParts, shown } from './tokens'

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10 }

/** Tokens shaded by doubt (1 - probability). Pointing at one, or the arrow keys, shows what else could have stood. */
export function TokenStrip({ tokens: given }: { tokens: Token[] }) {
  const { t } = useLanguage()
  const tokens = joinParts(given)
  const [chosen, setChosen] = useState(0)
  const at = Math.min(chosen, tokens.length - 1)
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    setChosen(Math.max(0, Math.min(tokens.length - 1, at + step)))
  }
  return (
    <div className="token-view">
      <div
        className="token-strip"
        role="listbox"
        tabIndex={0}
        aria-label={t('tokens.label')}
        aria-activedescendant={`token-${at}`}
        onKeyDown={move}
      >
        {tokens.map((token, place) => (
          <span
            key={place}
            id={`token-${place}`}
            role="option"
            aria-selected={place === at}
            className="token"
            style={{ '--doubt': doubt(token) } as React.CSSProperties}
            onPointerEnter={() => setChosen(place)}
          >
            {shown(token.text)}
          </span>
        ))}
      </div>
      <Alternatives token={tokens[at]} />
    </div>
  )
}

function Alternatives({ token }: { token: Token | undefined }) {
  const { t } = useLanguage()
  if (!token) return null
  const others = token.top.some((other) => other.text === token.text) ? token.top : [token, ...token.top]
  const bars = others.map((other, place) => ({
    id: `${place}`,
    name: quoted(other.text),
    value: Math.exp(other.logprob),
    text: `${(Math.exp(other.logprob) * 100).toFixed(1)}%`,
    strong: other.text === token.text,
  }))
  return (
    <div className="token-others">
      <p className="field-label">{t('tokens.others', { token: quoted(token.text) })}</p>
      <Bars bars={bars} whole={1} />
    </div>
  )
}

function doubt(token: Token): number {
  return 1 - Math.exp(Math.min(0, token.logprob))
}

function quoted(text: string): string {
  return `“${shown(text).replaceAll('\n', '⏎')}”`
}
