# One image for training, on one machine and on many (docs/scaling.md). With GPUs: --build-arg EXTRAS=cuda
FROM python:3.12-slim
ARG EXTRAS=""
WORKDIR /app
COPY setup.py pyproject.toml README.md ./
COPY mtmd_tf mtmd_tf
COPY tfrecords_tools tfrecords_tools
RUN pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}"
COPY train.py export.py hf.flags cj.flags ./
USER 1000:1000
ENTRYPOINT ["python", "train.py"]
