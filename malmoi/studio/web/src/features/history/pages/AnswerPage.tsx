import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { ApiError } from '../../../i18n/errors'
import { useLanguage } from '../../../i18n/language'
import { AnswerStatus } from '../../../streams/AnswerStatus'
import { isOpen, type Answer } from '../../../streams/answer'
import { askAgain, stopAnswer } from '../../../streams/ask'
import { useAnswer } from '../../../streams/useRun'
import { duration, exactMoment } from '../../../text/numbers'
import { Button } from '../../../ui/Button/Button'
import { CodeBlock } from '../../../ui/CodeBlock/CodeBlock'
import { CopyButton } from '../../../ui/CopyButton'
import { ErrorNote } from '../../../ui/ErrorNote'
import { Icon } from '../../../ui/Icon'
import { Loaded } from '../../../ui/Loaded'
import { NewBelow } from '../../../ui/NewBelow/NewBelow'
import { Facts as Named } from '../../../ui/Facts/Facts'
import { Fold } from '../../../ui/Fold/Fold'
import { Note } from '../../../ui/Note/Note'
import { Page } from '../../../ui/Page'
import { StreamedText } from '../../../ui/StreamedText/StreamedText'
import { Toolbar } from '../../../ui/Toolbar/Toolbar'
import { useFollowEnd } from '../../../ui/useFollowEnd'
import { AnswerState } from '../AnswerState'
import { Asked } from '../Asked'
import { FileMenu } from '../FileMenu'
import css from '../history.module.css'
import { answerDetail, type AnswerDetail } from '../queries'
import { useTrash } from '../useTrash'

/** One answer at its own address: what was asked, what came (also while it comes), and whether it comes again. */
export default function AnswerPage() {
  const { answer: id } = useParams({ from: '/r/$answer' })
  return <OneAnswer key={id} id={id} />
}

function OneAnswer({ id }: { id: string }) {
  const { t } = useLanguage()
  const live = useAnswer(id)
  const client = useQueryClient()
  // One that is over is read from its beginning.
  const follow = useFollowEnd(live.state === 'running')
  // What the server says of a whole answer (by what it was made, whether it is equal) is there when it is over.
  useEffect(() => {
    if (!isOpen(live)) void client.invalidateQueries({ queryKey: ['answers', 'one', id] })
  }, [live.state, client, id])
  return (
    <Page title={t('history.answer')}>
      <div ref={follow.content} className={css.answer}>
        <p>
          <Link to="/history">← {t('history.title')}</Link>
        </p>
        <Loaded query={useQuery(answerDetail(id))} lines={8}>
          {(detail) => <Shown detail={detail} live={live} />}
        </Loaded>
      </div>
      <NewBelow follow={follow} />
    </Page>
  )
}

function Shown({ detail, live }: { detail: AnswerDetail; live: Answer }) {
  const { t } = useLanguage()
  // The connection knows the newest; until it has said something, the page shows what the list knew.
  const state = live.state === 'opening' || live.state === 'gone' ? detail.state : live.state
  const text = live.text.length >= detail.text.length ? live.text : detail.text
  const error = live.error ?? (detail.error ? new ApiError(500, { error: detail.error }) : null)
  return (
    <>
      <Acts detail={detail} state={state} text={text} />
      <Facts detail={detail} state={state} />
      {detail.deleted && <Note>{t('history.in_trash')}</Note>}
      <Asked answer={detail} />
      <section aria-label={t('history.text')} aria-busy={state === 'running'} className={css.said}>
        <h2>{t('history.text')}</h2>
        <StreamedText text={text} isRunning={state === 'running'} />
        {state === 'failed' && <ErrorNote error={error} />}
        {state === 'cut' && <Note kind="warn">{t('history.cut')}</Note>}
        {state !== 'running' && text === '' && error === null && <p className="quiet">{t('history.no_words')}</p>}
      </section>
      <AnswerStatus answer={live} />
      {detail.again && <Again again={detail.again} />}
      <Fold title={t('history.made_with')}>
        <CodeBlock label={t('history.body')} code={json(detail.body)} />
        {detail.result && <CodeBlock label={t('history.result')} code={json(detail.result)} />}
        <CodeBlock label={t('history.made_with')} code={json({ seed: detail.seed, ...detail.made_with })} />
      </Fold>
    </>
  )
}

function Acts({ detail, state, text }: { detail: AnswerDetail; state: string; text: string }) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const { throwAway, restore } = useTrash()
  const [refused, setRefused] = useState<unknown>(null)
  const again = async () => {
    setRefused(null)
    try {
      await navigate({ to: '/r/$answer', params: { answer: await askAgain(detail.id) } })
    } catch (error) {
      setRefused(error)
    }
  }
  const end =
    state === 'running' ? (
      <Button onPress={() => void stopAnswer(detail.id)}>
        <Icon name="stop" />
        {t('action.stop')}
      </Button>
    ) : detail.deleted ? (
      <Button onPress={() => void restore([detail.id])}>
        <Icon name="again" />
        {t('history.restore')}
      </Button>
    ) : (
      <Button onPress={() => void throwAway([detail.id]).then(() => navigate({ to: '/history' }))}>
        <Icon name="bin" />
        {t('history.remove')}
      </Button>
    )
  return (
    <>
      <Toolbar end={end}>
        <CopyButton text={() => text} />
        <FileMenu chosen={[detail.id]} />
        <Button onPress={() => void again()}>
          <Icon name="again" />
          {t('history.again')}
        </Button>
      </Toolbar>
      {refused !== null && <ErrorNote error={refused} retry={() => void again()} />}
    </>
  )
}

function Facts({ detail, state }: { detail: AnswerDetail; state: string }) {
  const { t, language, named } = useLanguage()
  const { finish, prompt_tokens, answer_tokens, seconds } = detail
  const facts = [exactMoment(Date.parse(detail.at) / 1000, language), named('history.kind', detail.kind), detail.model]
  if (state !== 'running') {
    facts.push(t('answer.tokens', { prompt: prompt_tokens, answer: answer_tokens }), duration(seconds, language))
    if (finish) facts.push(named('finish', finish))
  }
  return (
    <p className={css.facts}>
      <AnswerState state={state} /> {facts.join(' · ')}
      {detail.kind === 'card' && detail.subject && (
        <>
          {' · '}
          <Link to="/tasks/$card" params={{ card: detail.subject }}>
            {t('history.to_card')}
          </Link>
        </>
      )}
    </p>
  )
}

/** Whether an answer that was made again is the same, and where it differs. */
function Again({ again }: { again: NonNullable<AnswerDetail['again']> }) {
  const { t } = useLanguage()
  const first = (
    <Link to="/r/$answer" params={{ answer: again.of }}>
      {t('history.first')}
    </Link>
  )
  if (again.is_equal) {
    return (
      <Note>
        <p role="status">
          {t('history.equal')} {first}
        </p>
      </Note>
    )
  }
  return (
    <Note kind="warn">
      <p role="status">
        {t('history.differs', { place: (again.place ?? 0) + 1 })} {first}
      </p>
      <Named
        facts={[
          [t('history.was'), again.was || '∎'],
          [t('history.now'), again.now || '∎'],
        ]}
      />
    </Note>
  )
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
