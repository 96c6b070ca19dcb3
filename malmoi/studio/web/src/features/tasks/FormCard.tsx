import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Card } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { useRun } from '../../streams/useRun'
import { classes } from '../../ui/classes'
import { useKeys } from '../../ui/keys/useKeys'
import { Page } from '../../ui/Page'
import { useTabMemory } from '../../ui/tabMemory'
import { toast } from '../../ui/Toast/toasts'
import { CardAnswer } from './CardAnswer'
import { CardForm, exampleInputs, filledInputs, missingInputs, type Filled } from './CardForm'
import { CardHead } from './CardHead'
import { CardParameters, changedFrom, drawOf } from './CardParameters'
import css from './FormCard.module.css'

/** A card that is filled in and run: the form, and beside it the result. */
export function FormCard({ card }: { card: Card }) {
  // From 홈 a card opens with its example, unless something was written here already.
  const { example } = useSearch({ from: '/tasks/$card' })
  const { t, pick } = useLanguage()
  const [filled, setFilled] = useTabMemory<Filled>(`task.${card.id}`, example ? exampleInputs(card) : {})
  const [edition, setEdition] = useState(0)
  const [draw, setDraw] = useState(() => drawOf(card.decoding))
  const { answer, ask, stop } = useRun(`card.${card.id}`)
  const running = answer.state === 'running'
  const [missing, setMissing] = useState<string[]>([])
  const run = () => {
    const empty = missingInputs(card, filled).map(({ name }) => name)
    setMissing(empty)
    if (empty.length > 0) return
    const decoding = changedFrom(card.decoding, draw)
    void ask({ kind: 'card', body: { card: card.id, inputs: filledInputs(card, filled), decoding } })
  }
  useKeys('page', [
    { keys: 'Mod+Enter', does: t('action.run'), run, when: () => !running },
    { keys: 'Escape', does: t('action.stop'), run: stop, when: () => running },
  ])
  const put = (next: Filled) => {
    setFilled(next)
    setEdition((before) => before + 1)
    setMissing([])
  }
  const fillExample = () => {
    const before = filled
    put(exampleInputs(card))
    if (Object.values(before).some((text) => text.trim() !== '')) toast(t('cards.replaced'), () => put(before))
  }
  // A card that only scores its choices draws nothing: it needs no column of parameters.
  const panel = card.output.type === 'label' ? undefined : <CardParameters draw={draw} onChange={setDraw} />
  return (
    <Page title={pick(card.title)} panel={panel}>
      <CardHead card={card} />
      <div className={classes(css.columns)}>
        <CardForm
          key={edition}
          card={card}
          filled={filled}
          missing={missing}
          onChange={(next) => {
            setFilled(next)
            setMissing(missing.filter((name) => !next[name]?.trim()))
          }}
          onExample={fillExample}
          onRun={run}
          onStop={stop}
          running={running}
        />
        <CardAnswer card={card} answer={answer} retry={run} />
      </div>
    </Page>
  )
}
