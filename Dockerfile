FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /app

# The pins come first, so that a change of code does not install them again.
# Wheels only: the slim image has no compiler.
COPY requirements.txt ./
RUN pip install --no-cache-dir --only-binary :all: --requirement requirements.txt

# In front of several servers (ICL_SERVERS=2).
RUN apt-get update \
    && apt-get install --yes --no-install-recommends haproxy \
    && rm -rf /var/lib/apt/lists/*

# For PNG, SVG and PDF made on the server (350 MB): docker build --build-arg CHROMIUM=1 .
# Without it the app says so and leaves them out; PNG and SVG then come from the visitor's browser.
ARG CHROMIUM=
RUN if [ -n "$CHROMIUM" ]; then \
        apt-get update \
        && apt-get install --yes --no-install-recommends chromium fonts-dejavu-core \
        && rm -rf /var/lib/apt/lists/*; \
    fi

# With a home of its own, where trained models and compiled functions are kept.
RUN useradd --create-home explorer && install --directory --owner explorer /data
ENV ICL_DATA_DIR=/data
COPY LICENSE CITATION.cff pyproject.toml app.py server.py ./
COPY .streamlit .streamlit
COPY pretrained pretrained
COPY icl_core icl_core
COPY ui ui
COPY pages pages
COPY replicas replicas
USER explorer

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; base = os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'); parts = ['http://127.0.0.1:8501', base, '_stcore/health']; web.build_opener(web.ProxyHandler({})).open('/'.join(filter(None, parts)), timeout=4)"]
CMD ["python", "-m", "replicas", "--port=8501"]
