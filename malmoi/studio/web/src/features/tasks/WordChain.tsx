import { useRef, useState } from 'react'
import { Button } from 'react-aria-components'
import type { Card, ChainOutput } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { BackLink } from '../../ui/BackLink'
import { ErrorNote } from '../../ui/ErrorNote'
import { PlainText } from '../../text/PlainText'
import { useSendOnEnter } from '../../ui/useSendOnEnter'
import { Page } from '../../ui/Page'
import { Said, type Move } from './Said'
import { useCardRun } from './useCardRun'

/** The word chain (끝말잇기): person and model in turn. The server knows the rules; the page keeps the history. */
export function WordChain({ card }: { card: Card }) {
  const { t, pick } = useLanguage()
  const [moves, setMoves] = useState<Move[]>([])
  const [last, setLast] = useState<ChainOutput | null>(null)
  const { run, start, stop } = useCardRun(card.id)
  const box = useRef<HTMLTextAreaElement>(null)
  const running = run.state === 'running'
  const starts = last?.next_starts.join(', ')
  const over = last?.status === 'model_wins' || last?.status === 'user_wins'

  const play = async (word: string, before: Move[]) => {
    const history = before.map((move) => move.word)
    const mine: Move[] = word === '' ? [] : [{ word, by: 'person' }]
    const result = await start({ word, history }, {})
    if (!result) return
    const output = result.output as ChainOutput
    setLast(output)
    if (output.status === 'illegal') return
    setMoves([...before, ...mine, ...(output.word ? [{ word: output.word, by: 'model' } as Move] : [])])
    if (box.current) box.current.value = ''
    box.current?.focus()
  }
  const say = (text: string): boolean => {
    if (!running && !over && text.trim() !== '') void play(text.trim(), moves)
    return false // the word stays until the server has taken it
  }
  const sayNow = useSendOnEnter(box, say)
  const newGame = (modelBegins: boolean) => {
    setMoves([])
    setLast(null)
    if (modelBegins) void play('', [])
  }
  return (
    <Page title={pick(card.title)} runner={{ running, run: sayNow, stop }}>
      <BackLink />
      <p className="lead">{pick(card.description)}</p>
      <div className="chain">
        {card.guards.notice && <p className="note">{pick(card.guards.notice)}</p>}
        <ChainStatus last={last} running={running} text={run.text} />
        <Said moves={moves} />
        {run.state === 'failed' && <ErrorNote error={run.error} retry={sayNow} />}
        <div className="composer">
          <PlainText
            initial=""
            boxRef={box}
            rows={1}
            disabled={over}
            maxLength={card.inputs.find((input) => input.name === 'word')?.max_chars}
            aria-label={t('chain.word')}
            placeholder={starts ? t('chain.next', { starts }) : t('chain.first')}
          />
          <Button className="button button-main" isPending={running} isDisabled={over} onPress={sayNow}>
            {t('chain.say')}
          </Button>
        </div>
        <div className="toolbar">
          <Button className="button" isDisabled={running} onPress={() => newGame(false)}>
            {t('chain.new')}
          </Button>
          <Button className="button" isDisabled={running} onPress={() => newGame(true)}>
            {t('chain.model_first')}
          </Button>
        </div>
      </div>
    </Page>
  )
}

interface StatusProps {
  last: ChainOutput | null
  running: boolean
  text: string
}

/** Whose turn it is, what was wrong with a word, who won. */
function ChainStatus({ last, running, text }: StatusProps) {
  const { t, pick } = useLanguage()
  const status = running ? 'thinking' : (last?.status ?? 'start')
  const sentence = running ? t('chain.thinking', { text }) : last ? pick(last.message) : t('chain.start')
  return (
    <div className={`chain-status chain-${status}`} role="status">
      <strong>{t(`chain.status.${status}`)}</strong>
      <span>{sentence}</span>
      {last && last.status === 'playing' && !running && (
        <span className="quiet">{t('chain.words_left', { words: last.words_left })}</span>
      )}
    </div>
  )
}
