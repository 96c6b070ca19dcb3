import { useParams } from '@tanstack/react-router'
import { CorpusFrame } from '../CorpusFrame'
import { Flow } from '../Flow'
import { Makeup } from '../Makeup'

/** What went into a run's corpus, what stayed, and why the rest did not. */
export default function CorpusPage() {
  const { run: asked } = useParams({ strict: false })
  return (
    <CorpusFrame run={asked} place="summary">
      {(run, corpus) => (
        <>
          <Flow run={run} corpus={corpus} />
          <Makeup run={run} corpus={corpus} />
        </>
      )}
    </CorpusFrame>
  )
}
