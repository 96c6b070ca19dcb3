import { useState, type KeyboardEvent } from 'react'
import type { Token } from '../../api/completions'
import { useLanguage } from '../../i18n/language'
import { percent } from '../../text/numbers'
import { Bars } from '../../ui/Bars'
import { Button } from '../../ui/Button/Button'
import { isText, joinParts, plain, shown, spoken, visible } from './tokens'

const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -10,
  ArrowDown: 10,
  PageUp: -100,
  PageDown: 100,
  Home: -Infinity,
  End: Infinity,
}

interface Props {
  tokens: readonly Token[]
  /** Goes on with another token than the one that came: gets the text up to it, and it. */
  goOn?: ((text: string) => void) | undefined
}

/** Tokens shaded by doubt (1 - probability). Pointing at one, or the arrow keys, shows what else could have stood. */
export function TokenStrip({ tokens: given, goOn }: Props) {
  const { t } = useLanguage()
  const tokens = joinParts([...given])
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
            aria-label={spoken(token.text)}
            onPointerEnter={() => setChosen(place)}
          >
            {visible(token.text)}
          </span>
        ))}
      </div>
      <Alternatives
        token={tokens[at]}
        goOn={goOn && ((text) => goOn(tokens.slice(0, at).map(plain).join('') + text))}
      />
    </div>
  )
}

function Alternatives({ token, goOn }: { token: Token | undefined; goOn?: ((text: string) => void) | undefined }) {
  const { t, language } = useLanguage()
  if (!token) return null
  const all = token.top.some((other) => other.text === token.text) ? token.top : [token, ...token.top]
  // The likeliest first: the one that was chosen stands where it belongs among them.
  const others = all.toSorted((one, other) => other.logprob - one.logprob)
  const bars = others.map((other, place) => ({
    id: `${place}`,
    name: quoted(other.text),
    value: Math.exp(other.logprob),
    text: percent(Math.exp(other.logprob), language),
    strong: other.text === token.text,
  }))
  return (
    <div className="token-others">
      <p className="field-label">{t('tokens.others', { token: quoted(token.text) })}</p>
      <Bars bars={bars} whole={1} />
      <p className="help">{t('tokens.before')}</p>
      {goOn && (
        <div className="toolbar" role="group" aria-label={t('tokens.go_on')}>
          <span className="help">{t('tokens.go_on')}</span>
          {others.filter(isText).map((other) => (
            <Button key={other.text} small onPress={() => goOn(other.text)}>
              {quoted(other.text)}
            </Button>
          ))}
        </div>
      )}
    </div>
  )
}

function doubt(token: Token): number {
  return 1 - Math.exp(Math.min(0, token.logprob))
}

function quoted(text: string): string {
  return `“${shown(text).replaceAll('\n', '⏎')}”`
}
