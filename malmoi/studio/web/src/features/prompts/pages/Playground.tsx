import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { chat, completion, type Generation, type Message, type Sampling } from '../../../api/completions'
import { about } from '../../../api/queries'
import { useLanguage } from '../../../i18n/language'
import { recallJson, remember } from '../../../ui/memory'
import { Segments } from '../../../ui/Segments'
import { Page } from '../../../ui/Page'
import { Chat } from '../Chat'
import { CodeButton } from '../CodeButton'
import { Completion } from '../Completion'
import { newTurn, useDraft, type Draft, type Mode, type Turn } from '../draft'
import { PlaygroundParameters } from '../PlaygroundParameters'
import { SavedPrompts } from '../SavedPrompts'
import { useGeneration } from '../useGeneration'

const SAMPLING: Sampling = {
  temperature: 0.8,
  top_p: 0.95,
  top_k: null,
  repetition_penalty: 1.1,
  max_tokens: 128,
  seed: null,
  stops: '',
  probabilities: false,
}

export default function Playground() {
  const { t } = useLanguage()
  const asked = useSearch({ from: '/play' }).mode
  const navigate = useNavigate()
  const state = useDraft(asked)
  const { draft, edit, replace, addTurn } = state
  const [sampling, setSampling] = useState<Sampling>(() => recallJson('sampling', SAMPLING))
  useEffect(() => remember('sampling', JSON.stringify(sampling)), [sampling])
  const { answer, run: generate, stop, clear } = useGeneration()
  const model = useQuery(about()).data?.model?.name ?? ''
  const running = answer.state === 'running'

  const answerTurns = (turns: Turn[]) => {
    if (turns.at(-1)?.role !== 'user') return
    edit({ turns })
    void generate(chat(model, messagesOf(draft.system, turns), sampling), (text) => {
      if (text) addTurn('assistant', text)
    })
  }
  const sendText = (text: string): boolean => {
    if (running) return false
    answerTurns([...draft.turns, newTurn(draft.turns, 'user', text)])
    return true
  }
  const again = (turnId: number) => {
    const at = draft.turns.findIndex((turn) => turn.id === turnId)
    answerTurns(draft.turns.slice(0, draft.turns[at]?.role === 'user' ? at + 1 : at))
  }
  const run = () => {
    if (draft.mode === 'completion') void generate(completion(model, draft.prompt, sampling))
    else runChat()
  }
  const runChat = () => {
    const box = document.getElementById('composer') as HTMLTextAreaElement | null
    const text = box?.value ?? ''
    if (text.trim() === '') answerTurns(draft.turns)
    else if (sendText(text) && box) box.value = ''
  }
  const changeMode = (mode: Mode) => {
    clear()
    edit({ mode })
    void navigate({ to: '/play', search: { mode }, replace: true })
  }
  const load = (loaded: Draft, parameters: Partial<Sampling>) => {
    clear()
    replace(loaded)
    setSampling((before) => ({ ...before, ...parameters }))
  }
  return (
    <Page
      title={t('rail.playground')}
      runner={{ running, run, stop }}
      panel={<PlaygroundParameters sampling={sampling} onChange={setSampling} />}
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
        <span className="toolbar-space" />
        <SavedPrompts draft={draft} sampling={sampling} onLoad={load} />
        <CodeButton generation={() => request(model, draft, sampling)} />
      </div>
      {draft.mode === 'completion' ? (
        <Completion state={state} answer={answer} run={run} clear={clear} />
      ) : (
        <Chat state={state} answer={answer} sendText={sendText} again={again} run={run} />
      )}
    </Page>
  )
}

function messagesOf(system: string, turns: Turn[]): Message[] {
  const said = turns.filter((turn) => turn.text.trim() !== '').map(({ role, text }) => ({ role, content: text }))
  return system.trim() === '' ? said : [{ role: 'system', content: system }, ...said]
}

function request(model: string, draft: Draft, sampling: Sampling): Generation {
  if (draft.mode === 'completion') return completion(model, draft.prompt, sampling)
  return chat(model, messagesOf(draft.system, draft.turns), sampling)
}
