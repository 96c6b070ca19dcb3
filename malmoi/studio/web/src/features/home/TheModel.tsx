import { useQuery } from '@tanstack/react-query'
import { about, runDetail, runs } from '../../api/queries'
import { useLanguage } from '../../i18n/language'
import { classes } from '../../ui/classes'
import css from './home.module.css'

/** Below so many parameters a model puts words together and knows nothing: GPT-2's smallest had 124 million. */
const TOY_PARAMETERS = 100_000_000

/** What answers here, and how far it can be trusted. */
export function TheModel() {
  const { t } = useLanguage()
  const { data, isPending } = useQuery(about())
  const model = data?.model
  const size = useSize(model)
  if (!model) return <p className={classes(css.model)}>{!isPending && data ? t('home.no_model') : ' '}</p>
  return (
    <p className={classes(css.model)}>
      <strong>{model.name}</strong>
      <span>{t('home.context', { tokens: model.context_tokens })}</span>
      {size && size.parameters < TOY_PARAMETERS && (
        <span>{t('home.toy', { parameters: size.parameters, tokens: size.tokens })}</span>
      )}
    </p>
  )
}

interface Size {
  parameters: number
  /** On how many it was trained. */
  tokens: number
}

/** The size of a model that was made here: its run says so. Nothing for a model from elsewhere. */
function useSize(model: { name: string; model_sha256: string } | null | undefined): Size | null {
  const run = useQuery(runs()).data?.find(({ name }) => name === model?.name)
  const detail = useQuery({
    ...runDetail(run ?? { name: '', finished: true, stages: [], updated: null }),
    enabled: !!run,
  })
  const stage = detail.data?.stages.find(({ name }) => name === 'model')
  const weights = stage?.outputs['model.safetensors'] as { sha256?: unknown } | undefined
  const { parameters, tokens } = stage?.counts ?? {}
  if (weights?.sha256 !== model?.model_sha256) return null // a later training of the same name is another model
  return typeof parameters === 'number' && typeof tokens === 'number' ? { parameters, tokens } : null
}
