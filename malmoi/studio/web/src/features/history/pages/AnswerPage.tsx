import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { ApiError } from '../../../i18n/errors'
import { useLanguage } from '../../../i18n/language'
import { AnswerStatus } from '../../../streams/AnswerStatus'
import { isOpen, type Answer } from '../../../streams/answer'
import { askAgain, stopAnswer } from '../../../streams/ask'
import { useAnswer } from '../../../streams/useRun'
import { duration } from '../../../text/numbers'
import { Button } from '../../../ui/Button/Button'
import { CodeBlock } from '../../../ui/CodeBlock/CodeBlock'
import { CopyButton } from '../../../ui/CopyButton'
import { ErrorNote } from '../../../ui/ErrorNote'
import { Icon } from '../../../ui/Icon'
import { Loaded } from '../../../ui/Loaded'
import { NewBelow } from '../../../ui/NewBelow/NewBelow'
import { Page } from '../../../ui/Page'
import { StreamedText } from '../../../ui/StreamedText/StreamedText'
import { useFollowEnd } from '../../../ui/useFollowEnd'
import { AnswerState } from '../AnswerState'
import { Asked } from '../Asked'
import { FileMenu } from '../FileMenu'
import css from '../history.module.css'
import { answerDetail, type AnswerDetail } from '../queries'
import { useThrowAway } from '../useThrowAway'

/** One answer at its own address: what was asked, what came (also while it comes), and whether it comes again. */
export default function AnswerPage() {
  const { answer: id } = useParams({ from: '/r/$answer' })
  return <OneAnswer key={id} id={id} />
}

function OneAnswer({ id }: { id: string }) {
  const { t } = useLanguage()
  const live = useAnswer(id)
  const client = useQueryClient()
  const follow = useFollowEnd(isOpen(live))
  // What the server says of a whole answer (by what it was made, whether it is equal) is there when it is over.
  useEffect(() => {
    if (!isOpen(live)) void client.invalidateQueries({ queryKey: ['answers', 'one', id] })
  }, [live.state, client, id])
  return (
    <Page title={t('history.answer')}>
      <div ref={follow.content} className={css.answer}>
        <Link to="/history" className="back-link">
          <Icon name="left" />
          {t('history.title')}
        </Link>
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
      {detail.deleted && <p className="note">{t('history.in_trash')}</p>}
      <Asked answer={detail} />
      <section aria-label={t('history.text')} aria-busy={state === 'running'} className={css.said}>
        <h2>{t('history.text')}</h2>
        <StreamedText text={text} isRunning={state === 'running'} />
        {state === 'failed' && <ErrorNote error={error} />}
        {state === 'cut' && <p className="note">{t('history.cut')}</p>}
        {state !== 'running' && text === '' && error === null && <p className="quiet">{t('history.no_words')}</p>}
      </section>
      <AnswerStatus answer={live} />
      {detail.again && <Again again={detail.again} />}
      <details className="fold">
        <summary>{t('history.made_with')}</summary>
        <CodeBlock label={t('history.body')} code={json(detail.body)} />
        {detail.result && <CodeBlock label={t('history.result')} code={json(detail.result)} />}
        <CodeBlock label={t('history.made_with')} code={json({ seed: detail.seed, ...detail.made_with })} />
      </details>
    </>
  )
}

function Acts({ detail, state, text }: { detail: AnswerDetail; state: string; text: string }) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const throwAway = useThrowAway()
  const [refused, setRefused] = useState<unknown>(null)
  const again = async () => {
    setRefused(null)
    try {
      await navigate({ to: '/r/$answer', params: { answer: await askAgain(detail.id) } })
    } catch (error) {
      setRefused(error)
    }
  }
  return (
    <>
      <div className="toolbar">
        <CopyButton text={() => text} />
        <FileMenu chosen={[detail.id]} />
        <Button small onPress={() => void again()}>
          <Icon name="again" />
          {t('history.again')}
        </Button>
        <span className="toolbar-space" />
        {state === 'running' ? (
          <Button small onPress={() => void stopAnswer(detail.id)}>
            <Icon name="stop" />
            {t('action.stop')}
          </Button>
        ) : (
          !detail.deleted && (
            <Button small onPress={() => void throwAway([detail.id]).then(() => navigate({ to: '/history' }))}>
              <Icon name="bin" />
              {t('history.remove')}
            </Button>
          )
        )}
      </div>
      {refused !== null && <ErrorNote error={refused} retry={() => void again()} />}
    </>
  )
}

function Facts({ detail, state }: { detail: AnswerDetail; state: string }) {
  const { t, language, named } = useLanguage()
  const when = new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-GB', {
    dateStyle: 'long',
    timeStyle: 'medium',
  })
  const { finish, prompt_tokens, answer_tokens, seconds } = detail
  const facts = [when.format(new Date(detail.at)), named('history.kind', detail.kind), detail.model]
  if (state !== 'running') {
    facts.push(t('answer.tokens', { prompt: prompt_tokens, answer: answer_tokens }), duration(seconds, language))
    if (finish) facts.push(named('finish', finish))
  }
  return (
    <p className="facts">
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
      <p className="note" role="status">
        {t('history.equal')} {first}
      </p>
    )
  }
  return (
    <div className="note" role="status">
      <p>
        {t('history.differs', { place: (again.place ?? 0) + 1 })} {first}
      </p>
      <dl className={css.pair}>
        <dt>{t('history.was')}</dt>
        <dd>{again.was || '∎'}</dd>
        <dt>{t('history.now')}</dt>
        <dd>{again.now || '∎'}</dd>
      </dl>
    </div>
  )
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2)
}
