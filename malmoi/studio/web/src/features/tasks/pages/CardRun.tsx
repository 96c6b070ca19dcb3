import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { cards } from '../../../api/queries'
import type { Card } from '../../../api/schema'
import { useLanguage } from '../../../i18n/language'
import { BackLink } from '../../../ui/BackLink'
import { Empty, Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { CardForm, exampleInputs, filledInputs, missingInputs, type Filled } from '../CardForm'
import { CardParameters, changedFrom, drawOf } from '../CardParameters'
import { CardAnswer } from '../CardAnswer'
import { useCardRun } from '../useCardRun'
import { WordChain } from '../WordChain'

export default function CardPage() {
  const { card } = useParams({ from: '/tasks/$card' })
  return <CardRun key={card} id={card} />
}

function CardRun({ id }: { id: string }) {
  const { t } = useLanguage()
  const query = useQuery(cards())
  const card = query.data?.find((one) => one.id === id)
  if (card?.output.type === 'word_chain') return <WordChain card={card} />
  if (card) return <FormCard card={card} />
  return (
    <Page title={t('rail.cards')}>
      <Loaded query={query}>
        {() => (
          <Empty title={t('cards.unknown', { id })}>
            <BackLink />
          </Empty>
        )}
      </Loaded>
    </Page>
  )
}

function FormCard({ card }: { card: Card }) {
  const { example } = useSearch({ from: '/tasks/$card' })
  const { t, pick } = useLanguage()
  const [filled, setFilled] = useState<Filled>(() => (example ? exampleInputs(card) : {}))
  const [edition, setEdition] = useState(0)
  const [draw, setDraw] = useState(() => drawOf(card.decoding))
  const { run: cardRun, start, stop } = useCardRun(card.id)
  const running = cardRun.state === 'running'
  const [missing, setMissing] = useState<string[]>([])
  const run = () => {
    const empty = missingInputs(card, filled).map((input) => pick(input.title))
    setMissing(empty)
    if (empty.length === 0) void start(filledInputs(card, filled), changedFrom(card.decoding, draw))
  }
  const fillExample = () => {
    setFilled(exampleInputs(card))
    setEdition((before) => before + 1)
    setMissing([])
  }
  const panel =
    card.output.type === 'label' ? (
      <p className="help">{t('cards.no_parameters')}</p>
    ) : (
      <CardParameters draw={draw} onChange={setDraw} />
    )
  return (
    <Page title={pick(card.title)} runner={{ running, run, stop }} panel={panel}>
      <BackLink />
      <p className="lead">{pick(card.description)}</p>
      {card.guards.notice && <p className="note">{pick(card.guards.notice)}</p>}
      {missing.length > 0 && (
        <p className="note note-error" role="alert">
          {t('cards.missing', { names: missing.join(', ') })}
        </p>
      )}
      <div className="card-columns">
        <CardForm
          key={edition}
          card={card}
          filled={filled}
          onChange={setFilled}
          onExample={fillExample}
          onRun={run}
          running={running}
        />
        <CardAnswer card={card} run={cardRun} retry={run} />
      </div>
    </Page>
  )
}
