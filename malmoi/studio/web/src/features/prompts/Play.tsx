import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { about } from '../../api/queries'
import { useLanguage } from '../../i18n/language'
import { isOpen, NONE, type Answer } from '../../streams/answer'
import { ask, stopAnswer } from '../../streams/ask'
import { useAnswer } from '../../streams/useRun'
import { Button } from '../../ui/Button/Button'
import { Icon } from '../../ui/Icon'
import { Page } from '../../ui/Page'
import { Segments } from '../../ui/Segments'
import { useFollowEnd } from '../../ui/useFollowEnd'
import { toast } from '../../ui/Toast/toasts'
import { Chat } from './Chat'
import { CodeButton } from './CodeButton'
import { Completion } from './Completion'
import { Composer } from './Composer'
import { Count, FitNote } from './Count'
import { bodyOf, branchAt, isChanged, newTurnId, withAnswer, type Draft, type Mode } from './draft'
import { newDraft } from './openDraft'
import { Parameters } from './Parameters'
import { callOf, missing } from './request'
import { SaveButton } from './SaveButton'
import type { Session } from './session'
import { TalkMenu } from './TalkMenu'
import { useShown } from './useDraft'
import { fitOf, useFit } from './useFit'

const FROM = '/play/{-$draft}'
const FALLBACK_BYTES = 1_048_576
/** The count must not keep the answer waiting. */
const ROOM_MS = 3_000

/** The page on which a prompt is written and run. */
export function Play({ session }: { session: Session }) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const search = useSearch({ from: FROM })
  const { data } = useQuery(about())
  const { draft, edition, trouble } = useShown(session)
  const maxBodyBytes = data?.limits.max_body_bytes ?? FALLBACK_BYTES
  const fitting = useFit(draft, Boolean(data?.model), maxBodyBytes)
  const { answer, send, stop } = useAsking(session, draft)
  const running = isOpen(answer)
  const follow = useFollowEnd(running)

  useEffect(() => {
    if (search.mode && search.mode !== session.now().mode) session.edit((now) => ({ ...now, mode: search.mode! }))
  }, [search.mode, session])
  const changeMode = (mode: Mode) => {
    session.edit((now) => ({ ...now, mode }))
    void navigate({ to: FROM, params: { draft: session.id }, search: { mode }, replace: true })
  }
  const sendText = (text: string): boolean => {
    if (running) return false
    session.edit((now) => ({ ...now, composer: '', turns: [...now.turns, { id: newTurnId(now), role: 'user', text }] }))
    follow.toEnd()
    void send()
    return true
  }
  const again = (place: number) => {
    const before = session.now()
    const at = before.turns[place]?.role === 'user' ? place + 1 : place
    if (at === 0) return
    const hadMore = before.turns.length > at
    session.replace((now) => ({ ...now, ...branchAt(now, at) }))
    if (hadMore) toast(t('chat.branched'), () => session.replace((now) => ({ ...before, composer: now.composer })))
    void send()
  }
  const run = () => {
    const now = session.now()
    if (now.mode === 'chat' && now.composer.trim() !== '') {
      if (sendText(now.composer)) session.replace((one) => one)
    } else void send()
  }
  const begin = () => void navigate({ to: FROM, params: { draft: newDraft(draft.mode) }, search: { mode: draft.mode } })
  const isChat = draft.mode === 'chat'
  const texts = isChat ? [draft.system, ...draft.turns.slice(draft.skipped).map(({ text }) => text)] : [draft.prompt]
  const count = <Count texts={texts} fitting={fitting} maxTokens={draft.sampling.max_tokens} />
  const fits = (
    <FitNote
      draft={draft}
      fitting={fitting}
      maxBodyBytes={maxBodyBytes}
      onSkip={(skipped) => session.edit((now) => ({ ...now, skipped }))}
    />
  )
  return (
    <Page
      title={draft.title || t('rail.playground')}
      runner={{ running, run, stop }}
      panel={<Parameters session={session} draft={draft} edition={edition} />}
      foot={
        isChat && (
          <>
            {fits}
            <Composer session={session} draft={draft} edition={edition} onSend={sendText} />
            {count}
          </>
        )
      }
    >
      <div className="toolbar">
        <Segments
          label={t('playground.mode')}
          options={[
            { id: 'completion', name: t('playground.completion') },
            { id: 'chat', name: t('playground.chat') },
          ]}
          value={draft.mode}
          onChange={changeMode}
        />
        <Button onPress={begin}>
          <Icon name="add" />
          {isChat ? t('chat.new') : t('draft.new')}
        </Button>
        <span className="toolbar-space" />
        <SaveButton session={session} draft={draft} />
        <CodeButton call={() => callOf(session.now())} />
        <TalkMenu session={session} draft={draft} answer={answer} />
      </div>
      {trouble !== null && <p className="note note-error">{t('draft.not_kept')}</p>}
      {isChat ? (
        <Chat
          session={session}
          draft={draft}
          edition={edition}
          answer={answer}
          again={again}
          run={run}
          follow={follow}
        />
      ) : (
        <Completion session={session} draft={draft} edition={edition} answer={answer} run={run}>
          {count}
          {fits}
        </Completion>
      )}
    </Page>
  )
}

/** The answer that the page shows, and how one is asked for. It goes on whatever becomes of the page. */
function useAsking(session: Session, draft: Draft) {
  const { t } = useLanguage()
  const [asking, setAsking] = useState<{ isOn: boolean; error: unknown }>({ isOn: false, error: null })
  const last = draft.mode === 'chat' ? draft.asked : draft.answers[draft.shown]
  const known = useAnswer(last ?? null)
  const found = known.state === 'gone' ? NONE : known
  const answer: Answer = asking.isOn
    ? { ...NONE, state: 'running' }
    : asking.error !== null
      ? { ...NONE, state: 'failed', error: asking.error }
      : found
  const send = async () => {
    const now = session.now()
    if (asking.isOn || isOpen(found)) return
    if (now.mode === 'chat' && now.turns.at(-1)?.role !== 'user') return
    const empty = missing(bodyOf(now))
    if (empty.length > 0) return void toast(t('variables.missing', { names: empty.join(', ') }))
    setAsking({ isOn: true, error: null })
    try {
      const room = await roomFor(now)
      const call = callOf(now, room > 0 ? { room } : {})
      const saved = now.promptId !== null && now.base !== null && !isChanged(now)
      const source = { draft: session.id, ...(saved && { prompt: now.promptId!, version: now.base! }) }
      const id = await ask({ kind: call.kind, body: call.body, source })
      session.edit((before) =>
        call.kind === 'completion'
          ? withAnswer(before, id)
          : {
              ...before,
              asked: id,
              turns: [
                ...before.turns,
                { id: newTurnId(before), role: 'assistant', text: '', answer: id, isOpen: true },
              ],
            },
      )
      setAsking({ isOn: false, error: null })
    } catch (error) {
      setAsking({ isOn: false, error })
    }
  }
  const stop = () => {
    if (last && isOpen(found)) void stopAnswer(last)
  }
  return { answer, send, stop }
}

/** Where less room is left than was asked for, the answer is as long as it can be. 0: nobody knows, or there is none. */
async function roomFor(draft: Draft): Promise<number> {
  return fitOf(draft, AbortSignal.timeout(ROOM_MS)).then(
    ({ answer_tokens }) => answer_tokens,
    () => 0,
  )
}
